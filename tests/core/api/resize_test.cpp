// SPDX-License-Identifier: Apache-2.0
#include "weft/resize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/message.h"
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
using Ints = std::vector<std::int64_t>;

class ResizeTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ResizeTest);

Tensor counting(Shape shape) { return arange(shape.numel(), DType::kF64).reshape(shape); }
Doubles doubles(const Tensor& x) { return x.to_vector<double>(); }
Ints ints(const Tensor& x) { return x.to_vector<std::int64_t>(); }

TEST_P(ResizeTest, TakesTheNearestElement) {
  const Tensor x = counting({1, 5, 1});
  EXPECT_EQ(doubles(resize(x, {.size = 3})), (Doubles{0, 1, 3}));
  EXPECT_EQ(doubles(resize(x, {.size = 3, .mode = ResizeMode::kNearestExact})), (Doubles{0, 2, 4}));
  EXPECT_EQ(doubles(resize(x, {.scale = {2}})), (Doubles{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(ints(resize(x.to(DType::kU8), {.size = 7})), (Ints{0, 0, 1, 2, 2, 3, 4}));
  EXPECT_EQ(resize(x.to(DType::kBool), {.size = 7}).dtype(), DType::kBool);
  // The quotient 49 / 49 is 1, though 49 (1 / 49) is less.
  EXPECT_EQ(doubles(resize(counting({1, 2, 1}), {.size = 98}))[49], 1);
}

TEST_P(ResizeTest, InterpolatesBetweenElements) {
  const Tensor x = Tensor::of<double>({0, 4, 8, 0}, {1, 2, 2, 1});
  EXPECT_EQ(doubles(resize(x, {.size = {2, 4}, .mode = ResizeMode::kLinear})), (Doubles{0, 1, 3, 4, 8, 6, 2, 0}));
  EXPECT_EQ(doubles(resize(x, {.size = {3, 3}, .mode = ResizeMode::kLinear, .align_corners = true})),
            (Doubles{0, 2, 4, 4, 3, 2, 8, 4, 0}));
  EXPECT_EQ(doubles(resize(x, {.size = 1, .mode = ResizeMode::kArea})), (Doubles{3}));
  // Cubic interpolation keeps constants.
  for (const double value :
       doubles(resize(full({1, 5, 4, 2}, 3, DType::kF64), {.size = {7, 9}, .mode = ResizeMode::kCubic})))
    EXPECT_NEAR(value, 3, 1e-14);
}

TEST_P(ResizeTest, KeepsTheTypeAndTheSizesThatStay) {
  const Tensor x = randn({2, 3, 4, 5});
  EXPECT_EQ(ints(equal(resize(x, {.size = {3, 4}, .mode = ResizeMode::kCubic}), x).to(DType::kI64)),
            Ints(static_cast<std::size_t>(x.numel()), 1));
  const Tensor half = resize(x.to(DType::kBF16), {.size = {6, 8}, .mode = ResizeMode::kLinear});
  EXPECT_EQ(half.dtype(), DType::kBF16);
  EXPECT_EQ(half.shape(), (Shape{2, 6, 8, 5}));
  EXPECT_EQ(resize(zeros({0, 3, 2}), {.size = 9}).shape(), (Shape{0, 9, 2}));
}

// Sums of gradients equal those of cotangents, because all rows of the matrix have the sum 1.
TEST_P(ResizeTest, GradientsComeFromTheTransposedWeights) {
  for (const ResizeMode mode :
       {ResizeMode::kNearest, ResizeMode::kNearestExact, ResizeMode::kLinear, ResizeMode::kCubic, ResizeMode::kArea}) {
    const auto f = [&](const Tensor& x) { return resize(x, {.size = {5, 2}, .mode = mode}); };
    EXPECT_TRUE(check_gradients([&](const Tensor& x) { return exp(f(x)); }, {{{2, 3, 4, 2}, DType::kF64}}).ok);
    const Tensor g = grad([&](const Tensor& x) { return f(x).sum(); })(randn({1, 3, 4, 1}, DType::kF64));
    EXPECT_NEAR(g.sum().item<double>(), 10, 1e-12);
  }
}

TEST_P(ResizeTest, RunsInPrograms) {
  auto step = compile([](Tensor x) {
    return grad([](const Tensor& z) { return square(resize(z, {.scale = {2}, .mode = ResizeMode::kLinear})).sum(); })(
        x);
  });
  const Tensor x = counting({1, 3, 1});
  EXPECT_EQ(doubles(step(x)), doubles(grad([](const Tensor& z) {
              return square(resize(z, {.scale = {2}, .mode = ResizeMode::kLinear})).sum();
            })(x)));
}

TEST_P(ResizeTest, RefusesSizesThatAreNone) {
  const Tensor x = zeros({2, 5, 4, 3});
  const auto refusal = [&](const ResizeOptions& options) {
    return message_of<Error>([&] { resize(x, options).defined(); });
  };
  EXPECT_EQ(refusal({}), "[resize] neither size nor scale is given; give one of them");
  EXPECT_EQ(refusal({.size = 2, .scale = {2}}), "[resize] size and scale are both given; give one of them");
  EXPECT_EQ(refusal({.size = {2, 0}}), "[resize] size is (2, 0); every entry must lie in [1, 2147483647]");
  EXPECT_EQ(refusal({.scale = {0.1}}),
            "[resize] scale of axis 1 is 0.1, which gives 0 of 5 elements; it must give at least one, and fewer than "
            "2^31");
  EXPECT_THAT(refusal({.scale = {-1}}), HasSubstr("scale of axis 1 is -1"));
  EXPECT_THAT(refusal({.scale = {1, 1, 1}}), HasSubstr("scale has 3 entries, there are 2 spatial axes"));
  EXPECT_EQ(refusal({.size = 2, .align_corners = true}),
            "[resize] align_corners is given with another mode than kLinear or kCubic; leave it out");
  EXPECT_EQ(
      message_of<DTypeError>([&] { resize(x.to(DType::kI32), {.size = 2, .mode = ResizeMode::kLinear}).defined(); }),
      "[resize] input is i32; it must be floating, but for kNearest and kNearestExact");
  EXPECT_THAT(message_of<ShapeError>([] {
                resize(zeros({1, 0, 2}), {.size = 2}).defined();
              }),
              HasSubstr("both sizes must be positive"));
}

TEST_P(ResizeTest, PadsWithElements) {
  const Tensor x = arange(4);
  EXPECT_EQ(ints(pad(x, {2}, {3}, PaddingMode::kReflect)), (Ints{2, 1, 0, 1, 2, 3, 2, 1, 0}));
  EXPECT_EQ(ints(pad(x, {2}, {1}, PaddingMode::kReplicate)), (Ints{0, 0, 0, 1, 2, 3, 3}));
  EXPECT_EQ(ints(pad(x, {4}, {2}, PaddingMode::kCircular)), (Ints{0, 1, 2, 3, 0, 1, 2, 3, 0, 1}));
  EXPECT_EQ(ints(pad(arange(4).reshape({2, 2}), {1, 0}, {0, 1}, PaddingMode::kCircular)),
            (Ints{2, 3, 2, 0, 1, 0, 2, 3, 2}));
  EXPECT_EQ(doubles(grad([](const Tensor& z) { return pad(z, {2}, {2}, PaddingMode::kReflect).sum(); })(counting({4}))),
            (Doubles{1, 3, 3, 1}));
  const auto refusal = [](const Tensor& z, const Ints& low, const Ints& high, PaddingMode mode) {
    return message_of<Error>([&] { pad(z, low, high, mode).defined(); });
  };
  EXPECT_EQ(refusal(x, {4}, {0}, PaddingMode::kReflect),
            "[pad] axis 0 of (4,) is padded by 4 and 0; there are too few elements for that much");
  EXPECT_EQ(refusal(x, {0}, {5}, PaddingMode::kCircular),
            "[pad] axis 0 of (4,) is padded by 0 and 5; there are too few elements for that much");
  EXPECT_EQ(refusal(arange(0), {1}, {0}, PaddingMode::kReplicate),
            "[pad] axis 0 of (0,) is padded by 1 and 0; there are no elements to repeat");
  EXPECT_EQ(refusal(x, {-1}, {0}, PaddingMode::kReplicate), "[pad] axis 0 is padded by -1 and 0; none may be negative");
  EXPECT_THAT(refusal(x, {1, 1}, {0}, PaddingMode::kReplicate), HasSubstr("[pad] low has 2 entries"));
}

TEST_P(ResizeTest, ShufflesChannelsAndPixels) {
  const Tensor x = arange(16).reshape({1, 1, 2, 8});
  EXPECT_EQ(ints(pixel_shuffle(x, 2)), (Ints{0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15}));
  EXPECT_EQ(pixel_shuffle(x, 2).shape(), (Shape{1, 2, 4, 2}));
  EXPECT_EQ(ints(pixel_unshuffle(pixel_shuffle(x, 2), 2)), ints(x));
  EXPECT_EQ(message_of<ShapeError>([&] { pixel_shuffle(x, 3).defined(); }),
            "[pixel_shuffle] input is (1, 1, 2, 8); 9 must divide the number of channels");
  EXPECT_EQ(message_of<ShapeError>([&] { pixel_unshuffle(x, 2).defined(); }),
            "[pixel_unshuffle] input is (1, 1, 2, 8); 2 must divide height and width");
  EXPECT_EQ(message_of<ValueError>([&] { pixel_shuffle(x, 0).defined(); }),
            "[pixel_shuffle] r is 0; it must be positive, and less than 2^31");
  EXPECT_EQ(message_of<ShapeError>([] {
              pixel_shuffle(zeros({2, 4}), 2).defined();
            }),
            "[pixel_shuffle] input is (2, 4); it must be (n, h, w, c)");
}

TEST_P(ResizeTest, WindowsApartAndTogether) {
  const Tensor x = arange(6).reshape({1, 3, 2, 1});
  EXPECT_EQ(unfold(x, {.window = 2}).shape(), (Shape{1, 2, 1, 2, 2, 1}));
  EXPECT_EQ(ints(unfold(x, {.window = 2})), (Ints{0, 1, 2, 3, 2, 3, 4, 5}));
  EXPECT_EQ(ints(unfold(x, {.window = {2, 1}, .stride = {2, 1}, .padding = {1, 0}})), (Ints{0, 0, 0, 1, 2, 4, 3, 5}));
  // Each element comes back as often as windows hold it.
  const UnfoldOptions options{.window = 2, .stride = 1, .padding = 1};
  EXPECT_EQ(ints(fold(unfold(x, options), {3, 2}, options)), (Ints{0, 4, 8, 12, 16, 20}));
  EXPECT_EQ(fold(unfold(x.to(DType::kBF16), options), {3, 2}, options).dtype(), DType::kBF16);
  EXPECT_EQ(unfold(zeros({2, 9, 3}), {.window = 3}).shape(), (Shape{2, 7, 3, 3}));
  EXPECT_TRUE(
      check_gradients([&](const Tensor& z) { return exp(unfold(z, options)); }, {{{1, 3, 2, 2}, DType::kF64}}).ok);
  EXPECT_EQ(message_of<ShapeError>([&] { fold(x, {3}, options).defined(); }),
            "[fold] input is (1, 3, 2, 1); the windows of an image of (3,) are (1, 4, 2, 1)");
}

}  // namespace
}  // namespace weft::testing
