// SPDX-License-Identifier: Apache-2.0
#include "weft/serialize.h"

#include <gtest/gtest.h>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/pipeline.h"
#include "weft/safetensors.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

class SerializeTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(SerializeTest);

using Names = std::vector<std::string>;

Sequential net(std::int64_t hidden = 5) {
  return Sequential{Linear(3, hidden), BatchNorm(hidden), ReLU(), Linear(hidden, 2)};
}

TEST_P(SerializeTest, RoundTrip) {
  const TemporaryDirectory directory;
  Sequential from = net(), to = net();
  from(Tensor::of<float>({1, 2, 3, 4, 5, 7}, {2, 3}));  // moves the statistics
  save(from, directory / "m.safetensors");
  const LoadReport report = load(to, directory / "m.safetensors");
  EXPECT_EQ(report.loaded, (Names{"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var",
                                  "1.num_batches_tracked", "3.weight", "3.bias"}));
  EXPECT_EQ(report.text(), "9 loaded");
  const auto a = from.state_dict(), b = to.state_dict();
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(a[i].variable.value().to_vector<double>(), b[i].variable.value().to_vector<double>()) << a[i].name;
  EXPECT_EQ(SafetensorsFile(directory / "m.safetensors").metadata().at("format"), "pt");
}

TEST_P(SerializeTest, LoadingDrawsNothing) {
  const TemporaryDirectory directory;
  Linear from(3, 2);
  save(from, directory / "m");
  Linear to(3, 2, {.init = {[](const Shape&, DType) -> Tensor { throw std::runtime_error("drawn"); }}});
  load(to, directory / "m");
  EXPECT_EQ(to.weight.value().to_vector(), from.weight.value().to_vector());
}

TEST_P(SerializeTest, TiedCellsAreWrittenOnce) {
  const TemporaryDirectory directory;
  const auto tied = [] {
    Sequential s{Linear(4, 4, {.bias = false}), Linear(4, 4, {.bias = false})};
    s.get<Linear>(1).weight = s.get<Linear>(0).weight;
    return s;
  };
  Sequential from = tied(), to = tied();
  save(from, directory / "m");
  const SafetensorsFile file(directory / "m");
  EXPECT_EQ(file.names(), (Names{"0.weight"}));
  EXPECT_EQ(file.metadata().at("1.weight"), "0.weight");
  load(to, directory / "m");
  EXPECT_EQ(to.get<Linear>(1).weight.value().to_vector(), from.get<Linear>(0).weight.value().to_vector());
  // Into a module that ties nothing: both names are filled.
  Sequential loose{Linear(4, 4, {.bias = false}), Linear(4, 4, {.bias = false})};
  EXPECT_EQ(load(loose, directory / "m").loaded.size(), 2u);
  EXPECT_EQ(loose.get<Linear>(1).weight.value().to_vector(), from.get<Linear>(0).weight.value().to_vector());
  // From a file that has one of the names only, without an alias.
  write_safetensors(directory / "one", {{"1.weight", full({4, 4}, 2)}});
  EXPECT_EQ(load(to, directory / "one").missing, Names{});
  EXPECT_EQ(to.get<Linear>(0).weight.value().to_vector(), std::vector<float>(16, 2.0f));
}

TEST_P(SerializeTest, WrongShapesNameBothAndChangeNothing) {
  const TemporaryDirectory directory;
  Sequential from = net(5), to = net(6);
  save(from, directory / "m");
  const std::vector<float> before = to.get<Linear>(3).bias.value().to_vector();
  const std::string message = message_of<ShapeError>([&] { load(to, directory / "m", {.strict = false}); });
  EXPECT_EQ(message, "[load] 0.weight: " + (directory / "m").string() + " has f32(5, 3), the module wants f32(6, 3)");
  EXPECT_EQ(to.get<Linear>(3).bias.value().to_vector(), before);
}

TEST_P(SerializeTest, FloatsConvertIntegersDoNot) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "h",
                    {{"weight", full({1, 2}, 1.5).to(DType::kF16)}, {"bias", full({1}, 3, DType::kF64)}});
  Linear layer(2, 1);
  load(layer, directory / "h");
  EXPECT_EQ(layer.weight.value().to_vector(), (std::vector<float>{1.5f, 1.5f}));
  EXPECT_EQ(layer.bias.value().item(), 3);
  write_safetensors(directory / "i", {{"weight", ones({1, 2}, DType::kI64)}, {"bias", ones({1})}});
  EXPECT_THROW(load(layer, directory / "i"), DTypeError);
}

TEST_P(SerializeTest, StrictReportsWhatIsMissingOrUnexpected) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "m", {{"weight", ones({1, 2})}, {"scale", ones({1})}});
  Linear layer(2, 1);
  const std::string message = message_of<FormatError>([&] { load(layer, directory / "m"); });
  EXPECT_NE(message.find("1 loaded\nmissing: bias\nunexpected: scale"), std::string::npos) << message;
  EXPECT_FALSE(layer.weight.initialized());
  const LoadReport report = load(layer, directory / "m", {.strict = false});
  EXPECT_EQ(report.missing, Names{"bias"});
  EXPECT_EQ(report.unexpected, Names{"scale"});
  EXPECT_EQ(layer.weight.value().to_vector(), (std::vector<float>{1, 1}));
}

TEST_P(SerializeTest, RenamesPrefixesAndSkips) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "m", {{"module.backbone.0.weight", full({3, 2}, 1)},
                                      {"module.backbone.0.bias", full({3}, 2)},
                                      {"module.head.weight", full({9, 3}, 3)},
                                      {"module.head.bias", full({9}, 4)}});
  Sequential model{Linear(2, 3), Linear(3, 4)};
  const LoadReport report =
      load(model, directory / "m",
           {.rename = {{"module.", "wrong."}, {"module.backbone.", ""}, {"module.head.", "1."}}, .skip = {"1.*"}});
  EXPECT_EQ(report.loaded, (Names{"0.weight", "0.bias"}));
  EXPECT_EQ(report.skipped, (Names{"1.weight", "1.bias"}));
  EXPECT_EQ(model.get<Linear>(0).bias.value().to_vector(), (std::vector<float>{2, 2, 2}));
  EXPECT_THROW(load(model, directory / "m", {.rename = {{"module.backbone.0.", "x."}, {"module.head.", "x."}}}),
               FormatError);
}

TEST_P(SerializeTest, APipelineTravelsWithTheModel) {
  const TemporaryDirectory directory;
  const data::Table table({data::number_column("age", {1, 2, 3}), data::category_column("sex", {"f", "m", "m"})});
  data::Pipeline inputs{data::OneHot(), data::Standardize()};
  Linear other(3, 2);
  EXPECT_THROW(save(other, directory / "m", {.transforms = inputs}), ValueError);
  const Dataset rows = inputs.fit(table);
  Linear from(inputs.width(), 2), to(inputs.width(), 2);
  save(from, directory / "m", {.transforms = inputs});
  EXPECT_TRUE(load(to, directory / "m").unexpected.empty());
  EXPECT_EQ(to.weight.value().to_vector(), from.weight.value().to_vector());
  EXPECT_EQ(data::Pipeline::load(directory / "m").apply(table).column(0).to_vector(), rows.column(0).to_vector());
  save(from, directory / "plain");
  EXPECT_THROW(data::Pipeline::load(directory / "plain"), FormatError);
}

}  // namespace
}  // namespace weft::testing
