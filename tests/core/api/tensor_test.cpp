// SPDX-License-Identifier: Apache-2.0
#include "weft/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/every_device.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class E, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing was thrown";
}

class TensorOn : public EveryDevice {};

TEST_P(TensorOn, ArithmeticBroadcastsAndRebinds) {
  Tensor a = Tensor::of<float>({1, 2, 3, 4}, {2, 2});
  const Tensor before = a;
  a += Tensor::of<float>({10, 20}, {2});
  EXPECT_THAT(a.to_vector(), ElementsAre(11, 22, 13, 24));
  EXPECT_THAT(before.to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT((2 - a / 2).to_vector(), ElementsAre(-3.5f, -9, -4.5f, -10));
  EXPECT_EQ(a.device(), device());
}

TEST_P(TensorOn, NumbersTakeTheTensorsDtype) {
  const Tensor i = Tensor::of<std::int64_t>({3, 4}, {2});
  EXPECT_EQ((i + 1).dtype(), DType::kI64);
  EXPECT_EQ((i + 0.5).dtype(), DType::kF32);
  EXPECT_EQ((i / i).dtype(), DType::kF32);
  EXPECT_THAT((i * 2).to_vector<std::int64_t>(), ElementsAre(6, 8));
  const Tensor d = Tensor::of<double>({1}, {1});
  EXPECT_EQ((d * 2.5f).dtype(), DType::kF64);
  EXPECT_EQ((d + Tensor::of<float>({1}, {1})).dtype(), DType::kF64);
  EXPECT_EQ((Tensor::of<float>({1}, {1}).to(DType::kBF16) + Tensor::of<float>({1}, {1}).to(DType::kF16)).dtype(),
            DType::kF32);
}

TEST_P(TensorOn, ShapesFollowNumPy) {
  const Tensor x = arange(24, DType::kF32).reshape({2, 3, 4});
  EXPECT_EQ(x.transpose().shape(), (Shape{2, 4, 3}));
  EXPECT_EQ(x.permute({2, 0, 1}).shape(), (Shape{4, 2, 3}));
  EXPECT_EQ(x.reshape({4, -1}).shape(), (Shape{4, 6}));
  EXPECT_EQ(x.flatten(1).shape(), (Shape{2, 12}));
  EXPECT_EQ(x.slice(1, -2, 3).shape(), (Shape{2, 2, 4}));
  EXPECT_THAT(x.column(-1).reshape({-1}).to_vector(), ElementsAre(3, 7, 11, 15, 19, 23));
  EXPECT_THAT(x.slice(2, 0, 4, 3).slice(0, 1, 2).reshape({-1}).to_vector(), ElementsAre(12, 15, 16, 19, 20, 23));
  EXPECT_EQ(x.sum().item(), 276);
  EXPECT_THAT(x.mean({0, -1}).to_vector(), ElementsAre(7.5f, 11.5f, 15.5f));
  EXPECT_EQ(stack({x, x}, 1).shape(), (Shape{2, 2, 3, 4}));
  EXPECT_THAT(x.argmax(1).to_vector<std::int64_t>(), ::testing::Each(2));
}

TEST_P(TensorOn, VectorsMultiplyAsInNumPy) {
  const Tensor a = Tensor::of<float>({1, 2, 3}, {3}), m = arange(6, DType::kF32).reshape({3, 2});
  EXPECT_EQ(matmul(a, a).item(), 14);
  EXPECT_THAT(matmul(a, m).to_vector(), ElementsAre(16, 22));
  EXPECT_THAT(matmul(m, a, true).to_vector(), ElementsAre(16, 22));
  EXPECT_THAT(matmul(Tensor::of<float>({1, 2}, {2}), m, false, true).to_vector(), ElementsAre(2, 8, 14));
}

TEST_P(TensorOn, EmptyTensorsWork) {
  const Tensor none = zeros({0, 3});
  EXPECT_EQ((none + 1).shape(), (Shape{0, 3}));
  EXPECT_THAT(none.sum({0}).to_vector(), ElementsAre(0, 0, 0));
  EXPECT_EQ(matmul(none, zeros({3, 5})).shape(), (Shape{0, 5}));
  EXPECT_TRUE(none.to_vector().empty());
  EXPECT_TRUE(std::isnan(none.mean().item()));
}

TEST_P(TensorOn, UniqueCountsAndFindsBack) {
  const auto [values, inverse, counts] = unique(Tensor::of<std::int64_t>({5, 1, 5, 3, 1, 5}, {2, 3}));
  EXPECT_THAT(values.to_vector<std::int64_t>(), ElementsAre(1, 3, 5));
  EXPECT_THAT(counts.to_vector<std::int64_t>(), ElementsAre(2, 1, 3));
  EXPECT_THAT(inverse.to_vector<std::int64_t>(), ElementsAre(2, 0, 2, 1, 0, 2));
  EXPECT_EQ(inverse.shape(), (Shape{2, 3}));
}

TEST_P(TensorOn, BadDataIsReportedWhereItIsReadAndNowhereElse) {
  const Tensor table = Tensor::of<float>({1, 2}, {2});
  const Tensor bad = take(table, Tensor::of<std::int64_t>({0, 7}, {2}));
  const Tensor good = take(table, Tensor::of<std::int64_t>({0, 1}, {2}));
  EXPECT_THAT(good.to_vector(), ElementsAre(1, 2));
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(message_of<DataError>([&] { bad.to_vector(); }), HasSubstr("index 7 in row 1 is outside [0, 2)"));
  EXPECT_THAT(good.to_vector(), ElementsAre(1, 2));
}

TEST_P(TensorOn, ErrorsNameOpShapesAndRule) {
  EXPECT_THAT(message_of<ShapeError>([] {
                zeros({2, 3}) + zeros({4});
              }),
              HasSubstr("[add] shapes (2, 3) and (4,) do not broadcast"));
  EXPECT_THAT(message_of<ShapeError>([] { matmul(zeros({64, 100}), zeros({128, 10})); }), HasSubstr("(64, 100)"));
  EXPECT_THAT(message_of<ShapeError>([] { zeros({2, 3}).reshape({4, -1}); }), HasSubstr("[reshape]"));
  EXPECT_THAT(message_of<ShapeError>([] { zeros({2, 3}).item(); }), HasSubstr("f32(2, 3)"));
  EXPECT_THAT(message_of<ValueError>([] { Tensor() + zeros({1}); }), HasSubstr("undefined"));
  EXPECT_THAT(message_of<ShapeError>([] { zeros({-1}); }), HasSubstr("negative"));
  EXPECT_THAT(message_of<ShapeError>([] { zeros({3}).sum({0, -1}); }), HasSubstr("twice"));
  EXPECT_THAT(message_of<ShapeError>([] {
                softmax_cross_entropy(zeros({2, 2}), zeros({2}), {}, 0, -100);
              }),
              HasSubstr("[softmax_cross_entropy] logits are (2, 2), target probabilities (2,)"));
  EXPECT_THAT(message_of<DTypeError>([] {
                batch_norm(zeros({2, 2}, DType::kI64), ones({2}), ones({2}));
              }),
              HasSubstr("[batch_norm]"));
}

TEST_P(TensorOn, BorrowedHostMemoryIsReleasedWithTheLastHandle) {
  auto data = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  std::weak_ptr<std::vector<float>> watch = data;
  {
    const Tensor t = Tensor::borrow<float>(*data, {3}, data);
    data.reset();
    EXPECT_THAT(t.to_vector(), ElementsAre(1, 2, 3));
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST_P(TensorOn, MixedDevicesAreAnError) {
  if (device().is_cpu()) GTEST_SKIP() << "needs a second device";
  const Tensor here = zeros({2});
  EXPECT_THAT(message_of<DeviceError>([&] { here + here.to(Device::cpu()); }), HasSubstr("cpu"));
}

TEST_P(TensorOn, NumbersBeyondAnIntegerAreItsNearest) {
  const auto i64 = [](const Tensor& t) { return t.item<std::int64_t>(); };
  EXPECT_EQ(i64(full({}, 1e30, DType::kI64)), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(i64(zeros({}, DType::kI64) + -1e30), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(i64(full({}, std::int64_t{1} << 62, DType::kI64)), std::int64_t{1} << 62);
}

TEST_P(TensorOn, PrintsLikeNumPy) { EXPECT_EQ(Tensor::of<float>({1, 2.5f, -3}, {3}).text(), "[ 1.   2.5 -3. ]"); }

WEFT_ON_EVERY_DEVICE(TensorOn);

}  // namespace
}  // namespace weft::testing
