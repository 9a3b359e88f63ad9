// SPDX-License-Identifier: Apache-2.0
#include "weft/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/message.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#include "weft/summary.h"

namespace weft::testing {
namespace {

class ConvolutionOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ConvolutionOn);

using Floats = std::vector<float>;

TEST_P(ConvolutionOn, AddsABiasPerFilter) {
  Conv1d layer(2, 2, 2);
  layer.weight.assign(Tensor::of<float>({1, 0, 0, 1, 1, 1, 1, 1}, {2, 2, 2}));
  layer.bias.assign(Tensor::of<float>({10, 20}, {2}));
  const Tensor y = layer(Tensor::of<float>({1, 2, 3, 4, 5, 6}, {1, 3, 2}));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 2}));
  EXPECT_EQ(y.to_vector(), (Floats{15, 30, 19, 38}));
}

TEST_P(ConvolutionOn, SameKeepsTheSize) {
  const Tensor x = ones({2, 7, 5, 3});
  EXPECT_EQ(conv(x, ones({4, 3, 2, 3}), {.padding = Padding::same()}).shape(), (Shape{2, 7, 5, 4}));
  EXPECT_EQ(conv(x, ones({4, 3, 2, 3}), {.stride = 2, .padding = Padding::same()}).shape(), (Shape{2, 4, 3, 4}));
  EXPECT_EQ(conv(x, ones({4, 1, 1, 3}), {.stride = 3, .padding = Padding::same()}).shape(), (Shape{2, 3, 2, 4}));
  // Two more columns: one in front, one behind. One more row: behind.
  const Tensor y = conv(ones({1, 3, 3, 1}), ones({1, 2, 3, 1}), {.padding = Padding::same()});
  EXPECT_EQ(y.to_vector(), (Floats{4, 6, 4, 4, 6, 4, 2, 3, 2}));
  EXPECT_EQ(conv_transpose(x, ones({3, 4, 3, 2}), {.stride = 2, .padding = Padding::same()}).shape(),
            (Shape{2, 14, 10, 2}));
}

TEST_P(ConvolutionOn, PadsEachSideByItself) {
  const Tensor y = conv(ones({1, 3, 1}), ones({1, 2, 1}), {.padding = Padding::sides({{2, 0}})});
  EXPECT_EQ(y.to_vector(), (Floats{0, 1, 2, 2}));
}

TEST_P(ConvolutionOn, IntegersAndMixedDtypesArePromoted) {
  const Tensor x = Tensor::of<std::int64_t>({1, 2, 3}, {1, 3, 1});
  EXPECT_EQ(conv(x, ones({1, 2, 1})).to_vector(), (Floats{3, 5}));
  EXPECT_EQ(conv(ones({1, 3, 1}, DType::kF64), ones({1, 2, 1})).dtype(), DType::kF64);
}

TEST_P(ConvolutionOn, SecondDerivativesOfAConvolution) {
  // y = sum(conv(x, w)^2) has d2y/dx2 v = 2 conv_transpose(conv(v, w), w).
  const Tensor x = ones({1, 4, 4, 2}), w = arange(2 * 3 * 3 * 2, DType::kF32).reshape({2, 3, 3, 2});
  const auto loss = [&](const Tensor& a) { return square(conv(a, w, {.padding = 1})).sum(); };
  const Tensor v = arange(32, DType::kF32).reshape({1, 4, 4, 2});
  const Tensor got = grad([&](const Tensor& a) { return (grad(loss)(a) * v).sum(); })(x);
  const Tensor wanted = 2.0 * conv_transpose(conv(v, w, {.padding = 1}), w, {.padding = 1});
  EXPECT_EQ(got.to_vector(), wanted.to_vector());
}

TEST_P(ConvolutionOn, BoundsFollowFromTheFans) {
  const double conv_bound = 1 / std::sqrt(3.0 * 3 * 8), transposed_bound = 1 / std::sqrt(3.0 * 3 * 4);
  Conv2d layer(16, 32, 3, {.groups = 2});
  const Tensor w = abs(layer.weight.value()).max();
  EXPECT_LE(w.item(), conv_bound);
  EXPECT_GT(w.item(), 0.95 * conv_bound);
  ConvTranspose2d transposed(16, 8, 3, {.groups = 2});
  const Tensor t = abs(transposed.weight.value()).max();
  EXPECT_LE(t.item(), transposed_bound);
  EXPECT_GT(t.item(), 0.95 * transposed_bound);
}

TEST_P(ConvolutionOn, CountsItsOperations) {
  Sequential model{Conv2d(3, 8, 3, {.padding = 1}), ConvTranspose2d(8, 4, 2, {.stride = 2})};
  const ModelSummary s = summary(model, {{{2, 5, 5, 3}, DType::kF32}});
  // 2 multiply-adds per product and one addition for the bias.
  EXPECT_EQ(s.layers.at(0).flops, 2 * 2 * 25 * 8 * 27 + 2 * 25 * 8);
  EXPECT_EQ(s.layers.at(1).flops, 2 * 2 * 25 * 8 * 16 + 2 * 100 * 4);
}

TEST(Convolution, ClonesHaveTheirGeometry) {
  Sequential model{Conv2d(2, 4, 3, {.stride = 2, .padding = 1, .bias = false}), ConvTranspose1d(2, 2, 3)};
  EXPECT_THROW(clone(model)(ones({1, 6, 6, 2})), ShapeError);  // the second layer wants one axis
  Conv2d layer(2, 4, 3, {.stride = 2, .padding = 1, .bias = false});
  Conv2d copy = clone(layer);
  EXPECT_EQ(copy(ones({1, 6, 6, 2})).to_vector(), layer(ones({1, 6, 6, 2})).to_vector());
  EXPECT_EQ(copy.weight.file_axes(), FileAxes::kChannelsSecond);
}

TEST(Convolution, BadSettingsAreNamed) {
  EXPECT_EQ(message_of([] { Conv2d(3, 8, 0); }), "[conv2d] window is (0, 0); its sizes must be positive");
  EXPECT_EQ(message_of([] {
              Conv2d(3, 8, {1, 2, 3});
            }),
            "[conv2d] window has 3 sizes, there are 2 spatial axes; give one for all, or 2");
  EXPECT_EQ(message_of([] { Conv1d(0, 8, 3); }), "[conv1d] channels are 0 -> 8 in 1 groups; all must be positive");
  EXPECT_EQ(message_of([] { Conv3d(4, 6, 3, {.groups = 4}); }),
            "[conv3d] channels are 4 -> 6, groups are 4; groups must divide both");
  EXPECT_EQ(message_of([] { ConvTranspose2d(4, 6, 3, {.groups = 3}); }),
            "[conv_transpose2d] channels are 4 -> 6, groups are 3; groups must divide both");
}

TEST(Convolution, BadInputsAreNamed) {
  Sequential model{Conv2d(3, 8, 5)};
  EXPECT_EQ(message_of([&] {
              model(ones({2, 9, 9, 4}));
            }),
            "[conv2d] 0: input is (2, 9, 9, 4); it must have 4 axes, (n, spatial..., 3)");
  EXPECT_EQ(
      message_of([&] {
        model(ones({2, 3, 9, 9}));
      }),
      "[conv2d] 0: input is (2, 3, 9, 9); it must have 4 axes, (n, spatial..., 3); channels come last, so permute "
      "the axes or load images as (n, height, width, c)");
  EXPECT_EQ(
      message_of([&] {
        model(ones({2, 4, 9, 3}));
      }),
      "[conv] 0: axis 1 has 4 elements, 4 with its padding, and a window of 5 spans 5; the padded axis must be at "
      "least as long");
  EXPECT_EQ(message_of([] {
              conv_transpose(ones({1, 4, 2}), ones({2, 3, 1}), {.stride = 2, .output_padding = 2});
            }),
            "[conv_transpose] output padding is 2 along axis 1, the stride is 2; it must lie in [0, 2)");
  EXPECT_EQ(
      message_of([] {
        conv_transpose(ones({1, 1, 2}), ones({2, 3, 1}), {.padding = 2});
      }),
      "[conv_transpose] axis 1 has 3 elements without its padding of 2 and 2; padding must not be more than there "
      "is");
}

}  // namespace
}  // namespace weft::testing
