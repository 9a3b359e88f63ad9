// SPDX-License-Identifier: Apache-2.0
#include "weft/pipeline.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/safetensors.h"

namespace weft::testing {
using namespace data;
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Floats = std::vector<float>;
using Texts = std::vector<std::string>;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Table numbers(std::vector<double> cells) { return Table({number_column("x", std::move(cells))}); }
Table texts(const Texts& cells) { return Table({category_column("c", cells)}); }

// The inputs after fit().
Floats fitted(Pipeline pipeline, const Table& table) { return pipeline.fit(table).column(0).to_vector(); }

// The inputs of other rows.
Floats applied(Pipeline pipeline, const Table& train, const Table& table) {
  pipeline.fit(train);
  return pipeline.apply(table).column(0).to_vector();
}

std::string refused(Pipeline pipeline, const Table& table) {
  return message_of<ValueError>([&] { pipeline.fit(table); });
}

TEST(Transforms, Standardize) {
  // Mean 2, standard deviation 2.
  EXPECT_EQ(fitted({Standardize()}, numbers({0, 4, 0, 4})), (Floats{-1, 1, -1, 1}));
  EXPECT_EQ(applied({Standardize()}, numbers({0, 4, 0, 4}), numbers({2, 8})), (Floats{0, 3}));
  EXPECT_EQ(fitted({Standardize()}, numbers({0.1, 0.1, 0.1})), (Floats{0, 0, 0}));
  EXPECT_EQ(applied({Standardize()}, numbers({7, 7}), numbers({8})), (Floats{1}));
}

TEST(Transforms, MinMax) {
  EXPECT_EQ(applied({MinMax()}, numbers({2, 6}), numbers({2, 5, 6, 10})), (Floats{0, 0.75, 1, 2}));
  EXPECT_EQ(fitted({MinMax{.low = -1, .high = 3}}, numbers({2, 6, 4})), (Floats{-1, 3, 1}));
  EXPECT_EQ(fitted({MinMax{.low = -1, .high = 3}}, numbers({5, 5})), (Floats{-1, -1}));
}

TEST(Transforms, Robust) {
  // Quartiles 2, 3 and 4: the outlier moves none of them.
  EXPECT_EQ(fitted({Robust()}, numbers({1, 2, 3, 4, 1000})), (Floats{-1, -0.5, 0, 0.5, 498.5}));
  EXPECT_EQ(fitted({Robust()}, numbers({3, 3, 3, 3, 9})), (Floats{0, 0, 0, 0, 6}));
}

TEST(Transforms, Log) {
  EXPECT_THAT(fitted({Log()}, numbers({0, std::expm1(2.0)})), ElementsAre(0, FloatNear(2, 1e-6f)));
  EXPECT_THAT(refused({Log()}, numbers({0, -1})), HasSubstr("column 'x' is -1 in row 1; Log takes numbers above -1"));
}

TEST(Transforms, Clip) {
  // Quantiles as numpy.quantile(range(11), [0.15, 0.9]) has them: 1.5 and 9.
  EXPECT_EQ(fitted({Clip{.low = 0.15, .high = 0.9}}, numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})),
            (Floats{1.5, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 9}));
}

TEST(Transforms, ImputeOfNumbers) {
  const Table train = numbers({1, 1, 4, kNone, 10});
  const Table other = numbers({kNone});
  EXPECT_EQ(applied({Impute()}, train, other), (Floats{2.5}));
  EXPECT_EQ(applied({Impute({.numbers = kMean})}, train, other), (Floats{4}));
  EXPECT_EQ(applied({Impute({.numbers = kMostFrequent})}, train, other), (Floats{1}));
  EXPECT_EQ(applied({Impute({.numbers = kConstant, .number = -7})}, train, other), (Floats{-7}));
  EXPECT_EQ(fitted({Impute({.indicator = true})}, train), (Floats{1, 0, 1, 0, 4, 0, 2.5, 1, 10, 0}));
  EXPECT_EQ(fitted({Impute({.indicator = true})}, numbers({1, 2})), (Floats{1, 2}));
  EXPECT_THAT(refused({Impute()}, numbers({kNone})), HasSubstr("column 'x' has no value to learn from"));
  EXPECT_EQ(fitted({Impute({.numbers = kConstant})}, numbers({kNone})), (Floats{0}));
}

TEST(Transforms, ImputeOfCategories) {
  const Table train = texts({"b", "a", "", "b"});
  EXPECT_EQ(applied({Impute(), OneHot()}, train, texts({"", "a"})), (Floats{0, 1, 1, 0}));
  Pipeline constant{Impute({.categories = kConstant, .indicator = true}), OneHot()};
  EXPECT_EQ(constant.fit(train).column(0).shape(), (Shape{4, 4}));
  EXPECT_EQ(constant.names(), (Texts{"c missing", "c=a", "c=b", "c=missing"}));
  EXPECT_EQ(constant.apply(texts({""})).column(0).to_vector(), (Floats{1, 0, 0, 1}));
}

TEST(Transforms, OneHotCountsUnseenCategories) {
  Pipeline pipeline{OneHot()};
  EXPECT_EQ(pipeline.fit(texts({"b", "a"})).column(0).to_vector(), (Floats{0, 1, 1, 0}));
  EXPECT_THAT(pipeline.unseen(), IsEmpty());
  EXPECT_EQ(pipeline.apply(texts({"z", "a", "y"})).column(0).to_vector(), (Floats{0, 0, 1, 0, 0, 0}));
  EXPECT_THAT(pipeline.unseen(), ElementsAre(std::pair<const std::string, std::int64_t>("c", 2)));
  pipeline.apply(texts({"a"}));
  EXPECT_THAT(pipeline.unseen(), IsEmpty());
}

TEST(Transforms, OneHotLearnsFromTheRowsAlone) {
  Pipeline pipeline{OneHot()};
  pipeline.fit(texts({"a", "b", "c"}).subset({0, 1}));
  EXPECT_EQ(pipeline.names(), (Texts{"c=a", "c=b"}));
}

TEST(Transforms, Ordinal) {
  EXPECT_EQ(applied({Ordinal()}, texts({"b", "a", "c"}), texts({"c", "x", "a"})), (Floats{2, -1, 0}));
  EXPECT_EQ(fitted({Ordinal({.order = {{"c", {"small", "medium", "large"}}}})}, texts({"large", "small"})),
            (Floats{2, 0}));
  EXPECT_THAT(refused({Ordinal({.order = {{"c", {"small"}}}})}, texts({"huge"})),
              HasSubstr("column 'c' has the category 'huge', which its order lacks"));
  // A number like others from then on.
  EXPECT_EQ(fitted({Ordinal(), MinMax()}, texts({"a", "b", "c"})), (Floats{0, 0.5, 1}));
}

Table patients() {
  return Table({number_column("age", {40, kNone, 60, 50}), category_column("sex", {"f", "m", "m", "f"}),
                category_column("ill", {"yes", "no", "no", "yes"})},
               "ill");
}

TEST(Pipeline, GivesInputsAndTarget) {
  Pipeline pipeline{Impute({.indicator = true}), OneHot(), MinMax()};
  const Dataset rows = pipeline.fit(patients());
  EXPECT_EQ(pipeline.width(), 4);
  EXPECT_EQ(pipeline.names(), (Texts{"age", "age missing", "sex=f", "sex=m"}));
  EXPECT_EQ(pipeline.classes(), (Texts{"no", "yes"}));
  EXPECT_EQ(rows.column(0).shape(), (Shape{4, 4}));
  EXPECT_EQ(rows.column(0).to_vector(), (Floats{0, 0, 1, 0, 0.5, 1, 0, 1, 1, 0, 0, 1, 0.5, 0, 1, 0}));
  EXPECT_EQ(rows.column(1).shape(), (Shape{4, 1}));
  EXPECT_EQ(rows.column(1).to_vector(), (Floats{1, 0, 0, 1}));
}

TEST(Pipeline, TargetsOfManyCategoriesAreCodes) {
  const Table table({number_column("x", {1, 2, 3}), category_column("y", {"c", "a", "b"})}, "y");
  Pipeline pipeline;
  EXPECT_EQ(pipeline.fit(table.subset({0, 1})).column(1).to_vector<std::int64_t>(), (std::vector<std::int64_t>{2, 0}));
  EXPECT_EQ(pipeline.apply(table.subset({2})).column(1).shape(), (Shape{1}));
  EXPECT_EQ(pipeline.classes(), (Texts{"a", "b", "c"}));
  const Table other({number_column("x", {1}), category_column("y", {"d"})}, "y");
  EXPECT_THAT(message_of<ValueError>([&] { pipeline.apply(other); }), HasSubstr("did not see its category 'd'"));
}

TEST(Pipeline, InvertsTheTarget) {
  const std::vector<double> prices{10, 200, 3000, 40};
  const Table table({number_column("x", {1, 2, 3, 4}), number_column("price", prices)}, "price");
  for (const Transform& transform : std::vector<Transform>{
           Standardize{{"price"}}, MinMax{.low = -2, .high = 5, .columns = {"price"}}, Robust{{"price"}}}) {
    Pipeline pipeline{Standardize(), Log{{"price"}}, transform};
    const Dataset rows = pipeline.fit(table);
    EXPECT_EQ(rows.column(1).shape(), (Shape{4, 1}));
    EXPECT_LT(std::abs(rows.column(1).to_vector()[2]), 6);
    const Tensor back = pipeline.invert_target(rows.column(1));
    EXPECT_EQ(back.shape(), (Shape{4, 1}));
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(back.to_vector()[i] / prices[i], 1, 1e-5);
    EXPECT_EQ(pipeline.invert_target(rows.column(1).to(DType::kBF16)).dtype(), DType::kF32);
  }
  // Transforms that name nothing leave the target alone.
  Pipeline plain{Standardize()};
  EXPECT_EQ(plain.fit(table).column(1).to_vector(), (Floats{10, 200, 3000, 40}));
}

TEST(Pipeline, TablesWithoutTheTargetGiveInputs) {
  Pipeline pipeline{Impute(), OneHot()};
  pipeline.fit(patients());
  const Dataset rows = pipeline.apply(patients().drop({"ill"}));
  EXPECT_EQ(rows.columns().size(), 1u);
  EXPECT_EQ(pipeline.apply(patients().subset({})).column(0).shape(), (Shape{0, 3}));
}

TEST(Pipeline, FindsColumnsByName) {
  const Table train({number_column("a", {1, 2}), number_column("b", {3, 4})});
  const Table other({number_column("b", {5}), number_column("a", {6})});
  EXPECT_EQ(applied({}, train, other), (Floats{6, 5}));
  Pipeline pipeline;
  pipeline.fit(train);
  const auto refused_other = [&](const Table& table) { return message_of<ValueError>([&] { pipeline.apply(table); }); };
  EXPECT_THAT(refused_other(numbers({1})), HasSubstr("column 'x' was not there in fit(); drop it"));
  EXPECT_THAT(refused_other(other.drop({"a"})), HasSubstr("the table has no column 'a', which fit() saw"));
  EXPECT_THAT(refused_other(Table({category_column("a", {"x"}), number_column("b", {1})})),
              HasSubstr("column 'a' holds categories, fit() saw numbers; give its type to read_table"));
}

TEST(Pipeline, ColumnsWithoutAnyValueAreOfEachType) {
  EXPECT_EQ(applied({Impute(), OneHot()}, texts({"a", "b", "b"}), Table({number_column("c", {kNone})})),
            (Floats{0, 1}));
  EXPECT_EQ(applied({Impute()}, numbers({3}), Table({category_column("x", {""})})), (Floats{3}));
}

TEST(Pipeline, RefusesWhatCannotBe) {
  EXPECT_THAT(message_of<ValueError>([] { Pipeline({Standardize()}).apply(patients()); }),
              HasSubstr("the pipeline is not fitted; call fit()"));
  EXPECT_THROW(Pipeline().width(), ValueError);
  EXPECT_THAT(refused({OneHot()}, patients()),
              HasSubstr("column 'age' has 1 cells without a value; give the pipeline"));
  EXPECT_THAT(refused({Impute()}, patients()), HasSubstr("column 'sex' holds categories; give the pipeline a OneHot"));
  EXPECT_THAT(refused({OneHot()}, texts({""})), HasSubstr("put an Impute before OneHot"));
  EXPECT_THAT(refused({Impute(), Standardize{{"sex"}}}, patients()),
              HasSubstr("holds categories; Standardize takes others"));
  EXPECT_THAT(refused({Impute(), OneHot(), Ordinal{.columns = {"sex"}}}, patients()),
              HasSubstr("holds one-hot columns"));
  EXPECT_THAT(refused({Standardize{{"height"}}}, patients()), HasSubstr("there is no column 'height'"));
  EXPECT_THAT(refused({Impute(), OneHot{{"sex", "ill"}}}, patients()),
              HasSubstr("column 'ill' is the target; OneHot is for inputs"));
  EXPECT_THAT(refused({}, numbers({1e300})), HasSubstr("column 'x' becomes inf in row 0"));
  EXPECT_THAT(refused({}, numbers({})), HasSubstr("the table has no rows"));
  EXPECT_THAT(refused({}, Table({number_column("y", {1})}, "y")), HasSubstr("the table has no inputs"));
  EXPECT_THAT(refused({}, Table({number_column("x", {1, 2}), number_column("y", {1, kNone})}, "y")),
              HasSubstr("column 'y' is the target and has no value in row 1; drop_missing()"));
  EXPECT_THAT(refused({Impute({.categories = kMean})}, patients()), HasSubstr("mean or median for categories"));
  EXPECT_THAT(refused({Clip{.low = 0.9, .high = 0.1}}, patients()), HasSubstr("0 <= low < high <= 1"));
  EXPECT_THAT(refused({MinMax{.low = 1, .high = 1}}, patients()), HasSubstr("low must be below high"));
  EXPECT_THAT(refused({Ordinal({.order = {{"sex", {"m", "m"}}}})}, patients()), HasSubstr("a category twice"));
  Pipeline pipeline{Impute(), OneHot()};
  pipeline.fit(patients());
  EXPECT_THAT(message_of<ValueError>([&] { pipeline.invert_target(Tensor::scalar(1.0f)); }),
              HasSubstr("the target is categories"));
}

TEST(Pipeline, ARefusedFitLeavesTheEarlierOne) {
  Pipeline pipeline{Impute(), OneHot()};
  pipeline.fit(patients());
  EXPECT_THROW(pipeline.fit(numbers({kNone})), ValueError);
  EXPECT_EQ(pipeline.width(), 3);
}

TEST(PipelineFile, GivesTheSameRows) {
  const TemporaryDirectory directory;
  const Table table({number_column("age", {40, kNone, 60, 50}), number_column("income", {1, 10, 100, 1000}),
                     category_column("sex", {"f", "m", "m", ""}), category_column("size", {"S", "L", "S", "M"}),
                     number_column("price", {1, 20, 300, 4000})},
                    "price");
  Pipeline pipeline{Impute({.categories = kConstant, .category = "it's \xc3\xa4", .indicator = true}),
                    OneHot{{"sex"}},
                    Ordinal({.order = {{"size", {"S", "M", "L"}}}}),
                    Log{{"income", "price"}},
                    Clip(),
                    Robust{{"age"}},
                    MinMax{.columns = {"income"}},
                    Standardize{{"price"}}};
  const Dataset rows = pipeline.fit(table);
  write_safetensors(directory / "p.safetensors", pipeline.tensors());
  Pipeline loaded = Pipeline::load(directory / "p.safetensors");
  EXPECT_EQ(loaded.names(), pipeline.names());
  const Dataset again = loaded.apply(table);
  EXPECT_EQ(again.column(0).to_vector(), rows.column(0).to_vector());
  EXPECT_EQ(again.column(1).to_vector(), rows.column(1).to_vector());
  EXPECT_EQ(loaded.invert_target(rows.column(1)).to_vector(), pipeline.invert_target(rows.column(1)).to_vector());
  EXPECT_THAT(message_of<ValueError>([&] { loaded.fit(table); }), HasSubstr("a loaded pipeline has no transforms"));
}

TEST(PipelineFile, KeepsClasses) {
  const TemporaryDirectory directory;
  Pipeline pipeline{Impute(), OneHot()};
  pipeline.fit(patients());
  write_safetensors(directory / "p.safetensors", pipeline.tensors());
  EXPECT_EQ(Pipeline::load(directory / "p.safetensors").classes(), (Texts{"no", "yes"}));
}

TEST(PipelineFile, WhatDoesNotFitTogetherIsRefused) {
  const TemporaryDirectory directory;
  Pipeline pipeline{Impute(), OneHot(), Standardize()};
  pipeline.fit(patients());
  const auto tensors = pipeline.tensors();
  const auto load = [&](const auto& changed) {
    write_safetensors(directory / "p.safetensors", changed);
    return message_of<FormatError>([&] { Pipeline::load(directory / "p.safetensors"); });
  };
  EXPECT_THAT(load(std::vector<std::pair<std::string, Tensor>>{}), HasSubstr("there is no fitted pipeline"));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    auto changed = tensors;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_THAT(load(changed), HasSubstr("'" + tensors[i].first + "' is missing"));
    changed = tensors;
    changed[i].second = Tensor::of<double>({1, 2, 3}, {3});
    EXPECT_THAT(load(changed), HasSubstr(tensors[i].first)) << i;
  }
  const auto with = [&](const std::string& name, Tensor value) {
    auto changed = tensors;
    for (auto& [key, tensor] : changed)
      if (key == "transforms/" + name) tensor = value;
    return load(changed);
  };
  EXPECT_THAT(with("version", Tensor::of<std::int64_t>({2}, {1})), HasSubstr("of another version"));
  EXPECT_THAT(with("inputs", Tensor::of<std::int64_t>({9}, {1})), HasSubstr("inputs and target"));
  EXPECT_THAT(with("operation_kinds", Tensor::of<std::int64_t>({99, 1, 2, 3}, {4})), HasSubstr("is unknown"));
  EXPECT_THAT(with("operation_columns", Tensor::of<std::int64_t>({0, 0, 7, 1}, {4})), HasSubstr("for no column"));
  EXPECT_THAT(with("operation_texts", Tensor::of<std::int64_t>({0, 0, 9, 9}, {4})), HasSubstr("texts"));
  EXPECT_THAT(with("texts", Tensor::of<std::uint8_t>({65}, {1})), HasSubstr("have no end"));
  EXPECT_THAT(with("operation_numbers", Tensor::of<double>({1, 0, 1, 0, 0, 0, 0, 0}, {4, 2})), HasSubstr("divisor"));
}

}  // namespace
}  // namespace weft::testing
