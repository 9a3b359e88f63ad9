// SPDX-License-Identifier: Apache-2.0
#include "weft/array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class ArrayTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ArrayTest);
class EinsumTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(EinsumTest);

using Ints = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

Tensor counting(Shape shape) { return arange(shape.numel()).reshape(shape); }
Ints ints(const Tensor& x) { return x.to_vector<std::int64_t>(); }

TEST_P(ArrayTest, EyeAndItsTriangles) {
  EXPECT_EQ(ints(eye(2, 3)), (Ints{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(eye(2).shape(), (Shape{2, 2}));
  EXPECT_EQ(eye(0, 3).shape(), (Shape{0, 3}));
  EXPECT_EQ(eye(1, 1, DType::kBool).dtype(), DType::kBool);
  EXPECT_THROW(eye(-1), ShapeError);
  const Tensor x = counting({2, 3}) + 1;
  EXPECT_EQ(ints(tril(x)), (Ints{1, 0, 0, 4, 5, 0}));
  EXPECT_EQ(ints(triu(x)), (Ints{1, 2, 3, 0, 5, 6}));
  EXPECT_EQ(ints(tril(x, 1)), (Ints{1, 2, 0, 4, 5, 6}));
  EXPECT_EQ(ints(triu(x, -1)), (Ints{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(ints(triu(x, 7)), Ints(6));
  EXPECT_EQ(ints(tril(counting({2, 2, 2}))), (Ints{0, 0, 2, 3, 4, 0, 6, 7}));
  EXPECT_EQ(tril(x).dtype(), DType::kI64);
  EXPECT_THROW(tril(arange(3)), ShapeError);
  // Elements that are cut off do not matter, nor do they get a gradient.
  const Tensor bad = Tensor::of<double>({1, std::nan(""), 2, 3}, {2, 2});
  EXPECT_EQ(tril(bad).to_vector<double>(), (Doubles{1, 0, 2, 3}));
  EXPECT_EQ(grad([](const Tensor& z) { return tril(z).sum(); })(bad).to_vector<double>(), (Doubles{1, 0, 1, 1}));
}

// f32 has no number between 2^24 and 2^24 + 2.
TEST_P(ArrayTest, TrianglesOfLongRows) {
  constexpr std::int64_t kExact = 1 << 24;
  const Tensor last = tril(ones({1, kExact + 2}, DType::kU8), kExact).slice(1, kExact - 1, kExact + 2);
  EXPECT_EQ(last.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{1, 1, 0}));
}

TEST_P(ArrayTest, Diagonals) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(ints(diag(x)), (Ints{0, 4}));
  EXPECT_EQ(ints(diag(x, 1)), (Ints{1, 5}));
  EXPECT_EQ(ints(diag(x, 2)), (Ints{2}));
  EXPECT_EQ(ints(diag(x, -1)), (Ints{3}));
  EXPECT_EQ(diag(x, 3).shape(), (Shape{0}));
  EXPECT_EQ(diag(x, -9).shape(), (Shape{0}));
  const Tensor v = Tensor::of<std::int64_t>({5, 7}, {2});
  EXPECT_EQ(ints(diag(v)), (Ints{5, 0, 0, 7}));
  EXPECT_EQ(ints(diag(v, 1)), (Ints{0, 5, 0, 0, 0, 7, 0, 0, 0}));
  EXPECT_EQ(ints(diag(v, -1)), (Ints{0, 0, 0, 5, 0, 0, 0, 7, 0}));
  EXPECT_EQ(diag(zeros({0})).shape(), (Shape{0, 0}));
  EXPECT_THROW(diag(zeros({2, 2, 2})), ShapeError);
}

TEST_P(ArrayTest, LinspaceHasBothEnds) {
  EXPECT_EQ(linspace(-1, 1, 5).to_vector<double>(), (Doubles{-1, -0.5, 0, 0.5, 1}));
  const Doubles tenths = linspace(0, 0.7, 8, DType::kF64).to_vector<double>();
  EXPECT_EQ(tenths.front(), 0);
  EXPECT_EQ(tenths.back(), 0.7);
  EXPECT_NEAR(tenths[3], 0.3, 1e-16);
  EXPECT_EQ(linspace(0, 1, 50, DType::kF64).to_vector<double>().back(), 1);  // 49 times 1 / 49 is less
  EXPECT_EQ(linspace(3, 9, 1).to_vector<double>(), Doubles{3});
  EXPECT_EQ(linspace(3, 9, 0).shape(), (Shape{0}));
  EXPECT_THROW(linspace(0, 1, -1), ShapeError);
  EXPECT_THROW(linspace(0, 1, 5, DType::kI64), DTypeError);
}

TEST_P(ArrayTest, RollRepeatTile) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(ints(roll(x, 1)), (Ints{2, 0, 1, 5, 3, 4}));
  EXPECT_EQ(ints(roll(x, -7)), (Ints{1, 2, 0, 4, 5, 3}));
  EXPECT_EQ(ints(roll(x, 1, 0)), (Ints{3, 4, 5, 0, 1, 2}));
  EXPECT_EQ(roll(zeros({0, 3}), 1, 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(ints(repeat(x, 2)), (Ints{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(ints(repeat(x, 2, 0)), (Ints{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
  EXPECT_EQ(repeat(x, 0).shape(), (Shape{2, 0}));
  EXPECT_EQ(ints(tile(arange(2), {3})), (Ints{0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(ints(tile(arange(2), {2, 2})), (Ints{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(tile(arange(2), {2, 2}).shape(), (Shape{2, 4}));
  EXPECT_EQ(ints(tile(x, {2})), (Ints{0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}));
  EXPECT_EQ(tile(x, {}).shape(), x.shape());
  EXPECT_THROW(repeat(x, -1), ValueError);
  EXPECT_THROW(tile(x, {-1}), ValueError);
  EXPECT_THROW(tile(x, {std::int64_t{1} << 62, 4}), ShapeError);
  EXPECT_THROW(roll(x, 1, 2), ShapeError);
}

TEST_P(ArrayTest, ProductsOfVectors) {
  const Tensor a = Tensor::of<std::int64_t>({1, 2}, {2}), b = Tensor::of<std::int64_t>({3, 4, 5}, {3});
  EXPECT_EQ(ints(outer(a, b)), (Ints{3, 4, 5, 6, 8, 10}));
  EXPECT_THROW(outer(a, counting({2, 2})), ShapeError);
  const Tensor x = Tensor::of<std::int64_t>({1, 0, 0, 1, 2, 3}, {2, 3}), y = Tensor::of<std::int64_t>({0, 1, 0}, {3});
  EXPECT_EQ(ints(cross(x, y)), (Ints{0, 0, 1, -3, 0, 1}));
  EXPECT_EQ(ints(cross(x.transpose(), y.reshape({3, 1}), 0)), (Ints{0, -3, 0, 0, 1, 1}));
  EXPECT_THROW(cross(a, a), ShapeError);
}

TEST_P(ArrayTest, NonzeroListsPositions) {
  const Tensor x = Tensor::of<float>({0, 1, std::nanf(""), 0, -0.0f, 2}, {2, 3});
  EXPECT_EQ(ints(nonzero(x)), (Ints{0, 1, 0, 2, 1, 2}));
  EXPECT_EQ(nonzero(x > 5).shape(), (Shape{0, 2}));
  EXPECT_EQ(nonzero(Tensor::scalar(3.0f)).shape(), (Shape{1, 0}));
  EXPECT_EQ(nonzero(zeros({0, 4})).shape(), (Shape{0, 2}));
  const Tensor thirds = remainder(arange(60000), 3).reshape({200, 300});  // in pieces
  const Tensor places = nonzero(thirds);
  EXPECT_EQ(places.shape(), (Shape{40000, 2}));
  const Tensor wanted = (arange(20000).unsqueeze(1) * 3 + arange(2) + 1).reshape({40000});
  EXPECT_EQ(ints(places.slice(1, 0, 1).reshape({40000}) * 300 + places.slice(1, 1, 2).reshape({40000})), ints(wanted));
  EXPECT_THROW(compile([](Tensor z) { return nonzero(z); })(x), TraceError);
}

TEST_P(ArrayTest, RowsByTheirNumbers) {
  const Tensor x = counting({4, 2});
  EXPECT_EQ(ints(x[1]), (Ints{2, 3}));
  EXPECT_EQ(ints(x[-1]), (Ints{6, 7}));
  EXPECT_EQ(x[1][0].item<std::int64_t>(), 2);
  EXPECT_EQ(ints(x[{1, 3}]), (Ints{2, 3, 4, 5}));
  EXPECT_EQ(ints(x[Range{2}]), (Ints{4, 5, 6, 7}));
  EXPECT_EQ(ints(x[{.begin = 1, .step = 2}]), (Ints{2, 3, 6, 7}));
  EXPECT_EQ(ints(x[{-2, -1}]), (Ints{4, 5}));
  EXPECT_EQ(message_of<ShapeError>([&] { static_cast<void>(x[4]); }), "[index] row 4 is outside (4, 2)");
  EXPECT_THROW(static_cast<void>(x[-5]), ShapeError);
  EXPECT_THROW(static_cast<void>((x[{3, 5}])), ShapeError);
  EXPECT_THROW(static_cast<void>(x[0][0][0]), ShapeError);
}

TEST_P(ArrayTest, PrintsToStreams) {
  std::ostringstream out;
  out << Shape{2, 3} << " " << Tensor::of<std::int64_t>({1, 2}, {2});
  EXPECT_EQ(out.str(), "(2, 3) [1 2]");
}

// Sums over all values of all indices, from the definition.
Doubles by_definition(const std::vector<std::string>& in, const std::string& out, const std::vector<Tensor>& operands) {
  std::string letters;
  std::map<char, std::int64_t> size;
  for (std::size_t k = 0; k < in.size(); ++k)
    for (std::size_t i = 0; i < in[k].size(); ++i) {
      if (letters.find(in[k][i]) == std::string::npos) letters += in[k][i];
      size[in[k][i]] = std::max(size[in[k][i]], operands[k].dim(static_cast<int>(i)));
    }
  std::vector<Doubles> values;
  for (const Tensor& x : operands) values.push_back(x.to_vector<double>());
  std::int64_t outputs = 1;
  for (const char c : out) outputs *= size[c];
  Doubles result(static_cast<std::size_t>(outputs));
  std::map<char, std::int64_t> at;
  const std::function<void(std::size_t)> walk = [&](std::size_t letter) {
    if (letter < letters.size()) {
      for (at[letters[letter]] = 0; at[letters[letter]] < size[letters[letter]]; ++at[letters[letter]])
        walk(letter + 1);
      return;
    }
    double product = 1;
    for (std::size_t k = 0; k < in.size(); ++k) {
      std::int64_t place = 0;
      for (std::size_t i = 0; i < in[k].size(); ++i) {
        const std::int64_t n = operands[k].dim(static_cast<int>(i));
        place = place * n + (n == 1 ? 0 : at[in[k][i]]);
      }
      product *= values[k][static_cast<std::size_t>(place)];
    }
    std::int64_t place = 0;
    for (const char c : out) place = place * size[c] + at[c];
    result[static_cast<std::size_t>(place)] += product;
  };
  walk(0);
  return result;
}

struct Sum {
  std::vector<std::string> in;
  std::string out;
  std::vector<Shape> shapes;
};

std::vector<Sum> sums() {
  return {
      {{"ij", "jk"}, "ik", {{2, 3}, {3, 4}}},
      {{"ij", "jk"}, "ki", {{2, 3}, {3, 4}}},
      {{"bij", "bjk"}, "bik", {{5, 2, 3}, {5, 3, 4}}},
      {{"bij", "kj"}, "bki", {{5, 2, 3}, {4, 3}}},
      {{"ij"}, "ji", {{2, 3}}},
      {{"ij"}, "i", {{2, 3}}},
      {{"ij"}, "", {{2, 3}}},
      {{"ii"}, "i", {{4, 4}}},
      {{"ii"}, "", {{4, 4}}},
      {{"iji"}, "j", {{3, 2, 3}}},
      {{"iii"}, "i", {{3, 3, 3}}},
      {{"i", "i"}, "", {{5}, {5}}},
      {{"i", "j"}, "ij", {{2}, {3}}},
      {{"i", "i"}, "i", {{5}, {5}}},
      {{"ij", "ij"}, "i", {{2, 3}, {2, 3}}},
      {{"ij", "kl"}, "il", {{2, 3}, {4, 5}}},
      {{"ij", "jk", "kl"}, "il", {{2, 3}, {3, 4}, {4, 2}}},
      {{"ab", "bc", "ac"}, "", {{2, 3}, {3, 4}, {2, 4}}},
      {{"ai", "bi", "ci"}, "abc", {{2, 4}, {3, 4}, {2, 4}}},
      {{"bhqd", "bhkd"}, "bhqk", {{2, 2, 3, 4}, {2, 2, 5, 4}}},
      {{"ij", "jk"}, "ik", {{2, 1}, {3, 4}}},
      {{"ij", "j"}, "ij", {{2, 3}, {1}}},
      {{"ij", "jk"}, "ik", {{0, 3}, {3, 4}}},
      {{"ij", "jk"}, "ik", {{2, 0}, {0, 4}}},
  };
}

std::string text_of(const Sum& sum) {
  std::string text;
  for (const std::string& part : sum.in) text += (text.empty() ? "" : ",") + part;
  return text + "->" + sum.out;
}

TEST_P(EinsumTest, IsTheSumOfItsDefinition) {
  for (const Sum& sum : sums())
    for (const DType dtype : {DType::kF64, DType::kI64}) {
      std::vector<Tensor> operands;
      for (const Shape& shape : sum.shapes) operands.push_back((randn(shape, DType::kF64) * 4).to(dtype));
      const Tensor got = einsum(text_of(sum), operands);
      EXPECT_EQ(got.dtype(), dtype) << text_of(sum);
      EXPECT_EQ(got.rank(), static_cast<int>(sum.out.size()));
      const Doubles values = got.to_vector<double>(), wanted = by_definition(sum.in, sum.out, operands);
      ASSERT_EQ(values.size(), wanted.size()) << text_of(sum);
      for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], 1e-11) << text_of(sum);
    }
}

TEST_P(EinsumTest, HasGradients) {
  // A product in batches, a diagonal, a sum beside a product, one without a common index, and three operands.
  const std::set<std::string> some{"bij,kj->bki", "iji->j", "ij,ij->i", "ij,kl->il", "ab,bc,ac->"};
  for (const Sum& sum : sums()) {
    if (!some.contains(text_of(sum))) continue;
    std::vector<TensorSpec> specs;
    for (const Shape& shape : sum.shapes) specs.push_back({shape, DType::kF64});
    const auto f = [&](const std::vector<Tensor>& x) { return einsum(text_of(sum), x); };
    const GradientReport report = check_gradients(f, specs);
    EXPECT_TRUE(report.ok) << text_of(sum) << ": " << report.text;
  }
}

TEST_P(EinsumTest, DotsStandForAxes) {
  const Tensor x = randn({2, 3, 4}, DType::kF64), w = randn({4, 5}, DType::kF64);
  const auto same = [](const Tensor& a, const Tensor& b) {
    ASSERT_EQ(a.shape(), b.shape());
    EXPECT_LT(abs(a - b).max().item<double>(), 1e-13);
  };
  same(einsum("...i,ij->...j", {x, w}), matmul(x, w));
  same(einsum("...ij->...ji", {x}), x.transpose());
  same(einsum("...,...->...", {x, x[0]}), x * x[0]);
  same(einsum("i...->...", {x}), x.sum({0}));
  same(einsum("...ij,...jk", {x, randn({2, 4, 3}, DType::kF64) * 0}), zeros({2, 3, 3}, DType::kF64));
  same(einsum(" ij , jk -> ik ", {x[0], w}), matmul(x[0], w));
  // Without a result: the letters that occur once, in alphabetical order.
  same(einsum("ba", {w}), w.transpose());
  same(einsum("kj,ik", {w, x[1]}), matmul(x[1], w).transpose().transpose());
  EXPECT_EQ(einsum("ii", {eye(3)}).item(), 3);
}

TEST_P(EinsumTest, RefusesWhatMeansNothing) {
  const Tensor x = ones({2, 3});
  const auto says = [&](const std::string& text, const std::vector<Tensor>& operands) {
    return message_of<ValueError>([&] { einsum(text, operands); });
  };
  EXPECT_EQ(
      says("ij,jk->ik", {x}),
      "[einsum] \"ij,jk->ik\": it names 2 operands, 1 were given; write \"ij,jk->ik\" with an index for each axis");
  EXPECT_NE(says("ij->ik", {x}).find("the result's index k is in no operand"), std::string::npos);
  EXPECT_NE(says("ij->ii", {x}).find("the result has an index twice"), std::string::npos);
  EXPECT_NE(says("i1->i", {x}).find("'1' is no letter"), std::string::npos);
  EXPECT_NE(says("", {}).find("there are no operands"), std::string::npos);
  EXPECT_THROW(einsum("i->i", {x}), ShapeError);
  EXPECT_THROW(einsum("ijk->i", {x}), ShapeError);
  EXPECT_THROW(einsum("ii->i", {x}), ShapeError);
  EXPECT_THROW(einsum("ij,ij->i", {x, ones({2, 4})}), ShapeError);
}

}  // namespace
}  // namespace weft::testing
