// SPDX-License-Identifier: Apache-2.0
#include "weft/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/message.h"
#include "weft/array.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Doubles = std::vector<double>;

class PoolTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(PoolTest);

Tensor counting(Shape shape) { return arange(shape.numel(), DType::kF64).reshape(shape); }
Doubles doubles(const Tensor& x) { return x.to_vector<double>(); }

TEST_P(PoolTest, TheLargestOfEachWindow) {
  const Tensor x = counting({1, 4, 4, 1});
  EXPECT_EQ(doubles(max_pool(x, {.window = 2})), (Doubles{5, 7, 13, 15}));
  EXPECT_EQ(doubles(max_pool(x, {.window = {2, 3}, .stride = 1})), (Doubles{6, 7, 10, 11, 14, 15}));
  EXPECT_EQ(doubles(max_pool(-x, {.window = 3, .stride = 2, .padding = 1})), (Doubles{0, -1, -4, -5}));
  EXPECT_EQ(doubles(max_pool(x, {.window = 2, .stride = 1, .dilation = 3})), (Doubles{15}));
  EXPECT_EQ(max_pool(counting({2, 9, 3}), {.window = 2}).shape(), (Shape{2, 4, 3}));
  EXPECT_EQ(max_pool(counting({1, 4, 6, 8, 2}), {.window = 2}).shape(), (Shape{1, 2, 3, 4, 2}));
  EXPECT_EQ(max_pool(x.to(DType::kU8), {.window = 4}).item<std::uint8_t>(), 15);
}

TEST_P(PoolTest, RoundsTheNumberOfWindowsUp) {
  const auto windows = [](std::int64_t in, std::int64_t window, std::int64_t stride, std::int64_t padding) {
    const Tensor x = counting({1, in, 1});
    const Tensor y = max_pool(x, {.window = window, .stride = stride, .padding = padding, .ceil = true});
    EXPECT_EQ(y.shape(), avg_pool(x, {.window = window, .stride = stride, .padding = padding, .ceil = true}).shape());
    return y.dim(1);
  };
  EXPECT_EQ(windows(5, 2, 2, 0), 3);
  EXPECT_EQ(windows(4, 2, 2, 0), 2);
  EXPECT_EQ(windows(6, 3, 2, 1), 4);
  EXPECT_EQ(windows(3, 2, 3, 1), 2);
  EXPECT_EQ(windows(5, 2, 3, 1), 2);  // a third one would begin behind the image, at 5
}

TEST_P(PoolTest, AllDerivativesFollowTheIndex) {
  const Tensor x = Tensor::of<double>({1, 3, 3, 0, 2, 2, 1, 1}, {1, 8, 1});
  const auto pooled = [](const Tensor& z) { return max_pool(z, {.window = 2}); };
  // The first of equal elements.
  EXPECT_EQ(doubles(grad([&](const Tensor& z) { return (square(pooled(z))).sum(); })(x)),
            (Doubles{0, 6, 6, 0, 4, 0, 2, 0}));
  auto step = compile([&](Tensor z) { return grad([&](const Tensor& v) { return pooled(v).sum(); })(z); });
  EXPECT_EQ(doubles(step(x)), (Doubles{0, 1, 1, 0, 1, 0, 1, 0}));
  EXPECT_TRUE(check_gradients([&](const Tensor& z) { return exp(pooled(z)); }, {{{1, 8, 2}, DType::kF64}}).ok);
}

TEST_P(PoolTest, NanIsLargest) {
  const double nan = std::nan("");
  const Tensor x = Tensor::of<double>({1, nan, 5, 2, nan, nan}, {1, 6, 1});
  const MaxPoolResult got = max_pool_with_index(x, {.window = 3});
  EXPECT_TRUE(std::isnan(doubles(got.y)[0]));
  EXPECT_EQ(got.index.dtype(), DType::kU8);
  EXPECT_THAT(got.index.to_vector<int>(), ElementsAre(1, 2));
}

TEST_P(PoolTest, ValuesGoBackToWhereTheyCameFrom) {
  const Tensor x = Tensor::of<double>({1, 2, 9, 4, 8, 6, 7, 5, 3}, {1, 3, 3, 1});
  const MaxPoolOptions options{.window = 2, .stride = 1};
  const MaxPoolResult got = max_pool_with_index(x, options);
  EXPECT_EQ(doubles(got.y), (Doubles{8, 9, 8, 8}));
  EXPECT_EQ(doubles(max_unpool(got.y, got.index, options)), (Doubles{0, 0, 9, 0, 24, 0, 0, 0, 0}));
  EXPECT_EQ(max_unpool(got.y, got.index, options, {3, 3}).shape(), x.shape());
  const Tensor index = Tensor::of<std::int64_t>({0, 3, 2, 1}, {1, 2, 2, 1});
  EXPECT_EQ(doubles(max_unpool(got.y, index, {.window = 2}, {5, 4})),
            (Doubles{8, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_P(PoolTest, AnIndexOutsideItsWindowIsADataError) {
  const Tensor y = ones({1, 2, 1}), index = Tensor::of<std::int64_t>({0, 2}, {1, 2, 1});
  EXPECT_THAT(message_of<DataError>([&] { doubles(max_unpool(y, index, {.window = 2})); }),
              HasSubstr("index 2 at (0, 1, 0) is outside [0, 2)"));
}

// Elements floor(j in / size) up to ceil((j + 1) in / size).
Doubles shares(const Doubles& x, std::int64_t size) {
  const auto in = static_cast<double>(x.size());
  Doubles largest;
  for (std::int64_t j = 0; j < size; ++j) {
    const auto first = static_cast<std::ptrdiff_t>(std::floor(static_cast<double>(j) * in / static_cast<double>(size)));
    const auto end =
        static_cast<std::ptrdiff_t>(std::ceil(static_cast<double>(j + 1) * in / static_cast<double>(size)));
    largest.push_back(*std::max_element(x.begin() + first, x.begin() + end));
  }
  return largest;
}

TEST_P(PoolTest, AdaptiveWindowsPartTheImage) {
  for (const std::int64_t in : {1, 5, 7, 12})
    for (const std::int64_t size : {1, 2, 3, 5, 8, 12}) {
      const Tensor x = randn({1, in, 1}, DType::kF64);
      EXPECT_EQ(doubles(adaptive_max_pool(x, size)), shares(doubles(x), size)) << in << " by " << size;
    }
  const Tensor x = randn({2, 7, 5, 3}, DType::kF64);
  EXPECT_EQ(adaptive_max_pool(x, {3, 5}).shape(), (Shape{2, 3, 5, 3}));
  EXPECT_EQ(doubles(adaptive_max_pool(x, 1)), doubles(global_max_pool(x)));
  EXPECT_EQ(global_avg_pool(x).shape(), (Shape{2, 3}));
  // One element that is the largest of two windows.
  const Tensor peak = Tensor::of<double>({0, 0, 9, 9, 0}, {1, 5, 1});
  EXPECT_EQ(doubles(grad([](const Tensor& z) { return adaptive_max_pool(z, 2).sum(); })(peak)),
            (Doubles{0, 0, 2, 0, 0}));
}

TEST_P(PoolTest, MeansCountThePaddingOrNot) {
  const Tensor x = Tensor::of<double>({2, 4, 6, 8, 10}, {1, 5, 1});
  const AvgPoolOptions counted{.window = 3, .stride = 2, .padding = 1};
  EXPECT_EQ(doubles(avg_pool(x, counted)), (Doubles{2, 6, 6}));
  EXPECT_EQ(doubles(avg_pool(x, {.window = 3, .stride = 2, .padding = 1, .count_padding = false})), (Doubles{3, 6, 9}));
  EXPECT_EQ(doubles(avg_pool(x, {.window = 3, .stride = 2, .padding = 1, .divisor = 2})), (Doubles{3, 9, 9}));
  EXPECT_EQ(doubles(avg_pool(x, {.window = 2})), (Doubles{3, 7}));
  // The part of a window behind image and padding counts in no case.
  EXPECT_EQ(doubles(avg_pool(x, {.window = 2, .ceil = true})), (Doubles{3, 7, 10}));
  EXPECT_EQ(doubles(grad([&](const Tensor& z) { return avg_pool(z, {.window = 2, .ceil = true}).sum(); })(x)),
            (Doubles{0.5, 0.5, 0.5, 0.5, 1}));
}

TEST_P(PoolTest, NormsOfWindows) {
  const Tensor x = Tensor::of<double>({3, -4, 0, 0, -2, 0}, {1, 6, 1});
  EXPECT_EQ(doubles(lp_pool(x, 2, {.window = 2})), (Doubles{5, 0, 2}));
  EXPECT_EQ(doubles(lp_pool(x, 1, {.window = 3})), (Doubles{7, 2}));
  for (const double p : {1.5, 2.0, 3.0})
    EXPECT_EQ(doubles(grad([&](const Tensor& z) { return lp_pool(z, p, {.window = 2}).sum(); })(x))[2], 0) << p;
  EXPECT_EQ(lp_pool(full({1, 2, 1}, 300, DType::kF16), 2, {.window = 2}).dtype(), DType::kF16);
  EXPECT_NEAR(lp_pool(full({1, 2, 1}, 300, DType::kF16), 2, {.window = 2}).item(), 424.26, 0.25);
  EXPECT_TRUE(std::isnan(lp_pool(full({1, 2, 1}, std::nan("")), 2, {.window = 2}).item()));
}

TEST_P(PoolTest, RefusesWhatHasNoWindows) {
  const Tensor x = zeros({2, 5, 4, 3});
  const auto refusal = [&](const MaxPoolOptions& options) {
    return message_of<Error>([&] { max_pool(x, options).defined(); });
  };
  EXPECT_EQ(refusal({.window = {}}), "[max_pool] window has no size; give one number for each axis, or one for all");
  EXPECT_EQ(refusal({.window = {2, 2, 2}}),
            "[max_pool] window is (2, 2, 2), there are 2 spatial axes; give one number for each, or one for all");
  EXPECT_EQ(refusal({.window = 0}), "[max_pool] window is (0, 0); every entry must lie in [1, 2147483647]");
  EXPECT_EQ(refusal({.window = 2, .stride = -1}),
            "[max_pool] stride is (-1, -1); every entry must lie in [1, 2147483647]");
  EXPECT_EQ(refusal({.window = 2, .padding = 2}),
            "[max_pool] padding of axis 1 is 2, a window spans 2 elements; padding may be half of that");
  EXPECT_EQ(refusal({.window = 6}),
            "[max_pool] axis 1 has 5 elements, 5 with its padding, and a window of 6 spans 6; the padded axis must be "
            "at least as long");
  EXPECT_EQ(message_of<ShapeError>([] {
              max_pool(zeros({4, 3}), {.window = 2}).defined();
            }),
            "[max_pool] input is (4, 3); it must be (n, spatial..., c) with 1 to 3 spatial axes");
  EXPECT_EQ(message_of<ValueError>([&] { avg_pool(x, {.window = 2, .divisor = -3}).defined(); }),
            "[avg_pool] divisor is -3; it must be positive, or 0 for a count");
  EXPECT_THAT(message_of<DTypeError>([&] { avg_pool(x.to(DType::kI32), {.window = 2}).defined(); }),
              HasSubstr("[avg_pool] input is i32(2, 5, 4, 3); it must be f32"));
  EXPECT_EQ(message_of<ValueError>([&] { adaptive_max_pool(x, {}).defined(); }),
            "[adaptive_max_pool] size is empty; give one number for each axis, or one for all");
  EXPECT_EQ(message_of<ShapeError>([&] {
              adaptive_max_pool(zeros({1, 0, 2}), {1}).defined();
            }),
            "[adaptive_max_pool] spatial sizes are (0,); an axis without elements has no parts");
  EXPECT_EQ(message_of<ValueError>([&] { lp_pool(x, 0, {.window = 2}).defined(); }),
            "[lp_pool] p is 0; it must be positive and finite");
  EXPECT_EQ(message_of<DTypeError>([&] { max_unpool(x, x, {.window = 2}).defined(); }),
            "[max_unpool] index is f32(2, 5, 4, 3); it must be integers");
  EXPECT_THAT(message_of<ShapeError>([&] {
                max_unpool(x, x.to(DType::kU8), {.window = 2}, {3, 3}).defined();
              }),
              HasSubstr("[max_unpool] input is (2, 5, 4, 3); an image of (3, 3) has (1, 1) windows"));
}

}  // namespace
}  // namespace weft::testing
