// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/message.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

class ImageLayersOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ImageLayersOn);

using Floats = std::vector<float>;

// (2, sizes..., 3) of numbers in no order
Tensor image(std::vector<std::int64_t> sizes) {
  sizes.insert(sizes.begin(), 2);
  sizes.push_back(3);
  const Shape shape(std::move(sizes));
  return sin(arange(shape.numel(), DType::kF32) * 7.0).reshape(shape);
}

// A layer and its remake() give what the function gives, and refuse an image with one more axis.
template <class L>
void expect_layer(const L& layer, const Tensor& x, const Tensor& wanted, const char* name) {
  SCOPED_TRACE(name);
  const Tensor y = layer(x);
  EXPECT_EQ(y.shape(), wanted.shape());
  EXPECT_EQ(y.to_vector(), wanted.to_vector());
  const L again = layer.remake();
  EXPECT_EQ(again(x).to_vector(), wanted.to_vector());
  const Tensor more = x.reshape(Shape([&] {
    std::vector<std::int64_t> dims = x.shape().dims();
    dims.insert(dims.begin(), 1);
    return dims;
  }()));
  const std::string text = message_of<ShapeError>([&] { (void)layer(more); });
  EXPECT_NE(text.find(name), std::string::npos) << text;
  EXPECT_NE(text.find("it must have " + std::to_string(x.rank()) + " axes, (n, "), std::string::npos) << text;
}

TEST_P(ImageLayersOn, PoolsGiveWhatTheirFunctionsGive) {
  const Tensor a = image({9}), b = image({7, 9}), c = image({4, 5, 6});
  const PerAxis two = {2, 3}, three = {2, 3, 2};
  expect_layer(MaxPool1d(3, {.stride = 2, .padding = 1}), a, max_pool(a, {.window = 3, .stride = 2, .padding = 1}),
               "max_pool1d");
  expect_layer(MaxPool2d(two, {.stride = 2, .padding = 1, .dilation = {1, 2}, .ceil = true}), b,
               max_pool(b, {.window = two, .stride = 2, .padding = 1, .dilation = {1, 2}, .ceil = true}), "max_pool2d");
  expect_layer(MaxPool3d(three), c, max_pool(c, {.window = three}), "max_pool3d");
  expect_layer(AvgPool1d(2), a, avg_pool(a, {.window = 2}), "avg_pool1d");
  expect_layer(AvgPool2d(two, {.stride = 2, .padding = 1, .ceil = true, .count_padding = false}), b,
               avg_pool(b, {.window = two, .stride = 2, .padding = 1, .ceil = true, .count_padding = false}),
               "avg_pool2d");
  expect_layer(AvgPool3d(three, {.divisor = 5}), c, avg_pool(c, {.window = three, .divisor = 5}), "avg_pool3d");
  expect_layer(LpPool1d(2, 3), a, lp_pool(a, 2, {.window = 3}), "lp_pool1d");
  expect_layer(LpPool2d(3, two, {.stride = 2, .ceil = true}), b,
               lp_pool(b, 3, {.window = two, .stride = 2, .ceil = true}), "lp_pool2d");
  expect_layer(LpPool3d(1, three), c, lp_pool(c, 1, {.window = three}), "lp_pool3d");
}

TEST_P(ImageLayersOn, AdaptiveAndGlobalPoolsGiveWhatTheirFunctionsGive) {
  const Tensor a = image({9}), b = image({7, 9}), c = image({4, 5, 6});
  expect_layer(AdaptiveMaxPool1d(4), a, adaptive_max_pool(a, 4), "adaptive_max_pool1d");
  expect_layer(AdaptiveMaxPool2d({3, 2}), b, adaptive_max_pool(b, {3, 2}), "adaptive_max_pool2d");
  expect_layer(AdaptiveMaxPool3d({3, 2, 1}), c, adaptive_max_pool(c, {3, 2, 1}), "adaptive_max_pool3d");
  expect_layer(AdaptiveAvgPool1d(4), a, adaptive_avg_pool(a, 4), "adaptive_avg_pool1d");
  expect_layer(AdaptiveAvgPool2d({3, 2}), b, adaptive_avg_pool(b, {3, 2}), "adaptive_avg_pool2d");
  expect_layer(AdaptiveAvgPool3d({3, 2, 1}), c, adaptive_avg_pool(c, {3, 2, 1}), "adaptive_avg_pool3d");
  expect_layer(GlobalMaxPool1d(), a, global_max_pool(a), "global_max_pool1d");
  expect_layer(GlobalMaxPool2d(), b, global_max_pool(b), "global_max_pool2d");
  expect_layer(GlobalMaxPool3d(), c, global_max_pool(c), "global_max_pool3d");
  expect_layer(GlobalAvgPool1d(), a, global_avg_pool(a), "global_avg_pool1d");
  expect_layer(GlobalAvgPool2d(), b, global_avg_pool(b), "global_avg_pool2d");
  expect_layer(GlobalAvgPool3d(), c, global_avg_pool(c), "global_avg_pool3d");
}

TEST_P(ImageLayersOn, BordersStandAroundTheSpatialAxes) {
  const Tensor a = image({4}), b = image({3, 4}), c = image({3, 2, 4});
  const Padding uneven = Padding::sides({{0, 1}, {2, 1}});
  expect_layer(ZeroPad1d(2), a, pad(a, {0, 2, 0}, {0, 2, 0}), "zero_pad1d");
  expect_layer(ZeroPad2d(uneven), b, pad(b, {0, 0, 2, 0}, {0, 1, 1, 0}), "zero_pad2d");
  expect_layer(ZeroPad3d({1, 0, 2}), c, pad(c, {0, 1, 0, 2, 0}, {0, 1, 0, 2, 0}), "zero_pad3d");
  expect_layer(ReflectionPad1d(1), a, pad(a, {0, 1, 0}, {0, 1, 0}, PaddingMode::kReflect), "reflection_pad1d");
  expect_layer(ReflectionPad2d(uneven), b, pad(b, {0, 0, 2, 0}, {0, 1, 1, 0}, PaddingMode::kReflect),
               "reflection_pad2d");
  expect_layer(ReflectionPad3d(1), c, pad(c, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}, PaddingMode::kReflect),
               "reflection_pad3d");
  expect_layer(ReplicationPad1d(3), a, pad(a, {0, 3, 0}, {0, 3, 0}, PaddingMode::kReplicate), "replication_pad1d");
  expect_layer(ReplicationPad2d(uneven), b, pad(b, {0, 0, 2, 0}, {0, 1, 1, 0}, PaddingMode::kReplicate),
               "replication_pad2d");
  expect_layer(ReplicationPad3d(1), c, pad(c, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}, PaddingMode::kReplicate),
               "replication_pad3d");
  expect_layer(CircularPad1d(1), a, pad(a, {0, 1, 0}, {0, 1, 0}, PaddingMode::kCircular), "circular_pad1d");
  expect_layer(CircularPad2d(uneven), b, pad(b, {0, 0, 2, 0}, {0, 1, 1, 0}, PaddingMode::kCircular), "circular_pad2d");
  expect_layer(CircularPad3d(1), c, pad(c, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}, PaddingMode::kCircular), "circular_pad3d");
}

TEST_P(ImageLayersOn, AConstantBorderIsExact) {
  const Tensor x = Tensor::of<float>({1, 2}, {1, 2, 1});
  EXPECT_EQ(ConstantPad1d(Padding::sides({{1, 2}}), 0.1)(x).to_vector(), (Floats{0.1f, 1, 2, 0.1f, 0.1f}));
  EXPECT_EQ(ConstantPad1d(1, 1e30)(x).to_vector(), (Floats{1e30f, 1, 2, 1e30f}));
  EXPECT_EQ(ConstantPad2d(1, 3)(ones({1, 1, 1, 1})).to_vector(), (Floats{3, 3, 3, 3, 1, 3, 3, 3, 3}));
  EXPECT_EQ(ConstantPad3d(1, 3).remake()(ones({1, 1, 1, 1, 1})).sum().item(), 26 * 3 + 1);
  EXPECT_EQ(ConstantPad1d(1, 2)(Tensor::of<std::int64_t>({5}, {1, 1, 1})).dtype(), DType::kI64);
}

TEST_P(ImageLayersOn, BordersRefuseWhatIsNoNumber) {
  EXPECT_NE(message_of<ValueError>([] { (void)ZeroPad2d(Padding::same()); }).find("[zero_pad2d]"), std::string::npos);
  EXPECT_NE(message_of<ValueError>([] {
              (void)ReflectionPad2d({1, 2, 3});
            }).find("padding has 3 numbers"),
            std::string::npos);
  EXPECT_NE(message_of<ValueError>([] { (void)CircularPad1d(-1); }).find("must not be negative"), std::string::npos);
}

TEST_P(ImageLayersOn, ResamplingGivesWhatItsFunctionsGive) {
  const Tensor x = image({3, 4});
  const ResizeOptions bilinear{.scale = {2, 1.5}, .mode = ResizeMode::kLinear};
  EXPECT_EQ(Upsample(bilinear)(x).to_vector(), resize(x, bilinear).to_vector());
  EXPECT_EQ(Upsample(bilinear).remake()(x).shape(), (Shape{2, 6, 6, 3}));
  const Tensor deep = arange(16, DType::kF32).reshape({1, 2, 1, 8});
  EXPECT_EQ(PixelShuffle(2)(deep).to_vector(), pixel_shuffle(deep, 2).to_vector());
  EXPECT_EQ(PixelUnshuffle(2)(PixelShuffle(2).remake()(deep)).to_vector(), deep.to_vector());
  EXPECT_EQ(PixelUnshuffle(2).remake()(ones({1, 4, 2, 1})).shape(), (Shape{1, 2, 1, 4}));
  EXPECT_NE(message_of<ValueError>([] { (void)PixelShuffle(0); }).find("r is 0"), std::string::npos);
}

TEST_P(ImageLayersOn, DropoutTakesWholeChannels) {
  Dropout2d layer(0.5);
  const Tensor y = layer(ones({8, 4, 5, 16}));
  const Floats least = min(y, {1, 2}).to_vector(), largest = max(y, {1, 2}).to_vector();
  EXPECT_EQ(least, largest);
  std::size_t zero = 0;
  for (const float v : least) {
    EXPECT_TRUE(v == 0 || v == 2) << v;
    zero += v == 0 ? 1 : 0;
  }
  EXPECT_GT(zero, 32U);
  EXPECT_LT(zero, 96U);
  layer.eval();
  EXPECT_EQ(min(layer(ones({2, 4, 5, 3}))).item(), 1);
  EXPECT_EQ(Dropout1d(0.25).remake()(ones({4, 5, 3})).shape(), (Shape{4, 5, 3}));
  EXPECT_EQ(Dropout3d(0.25).remake()(ones({4, 2, 5, 2, 3})).shape(), (Shape{4, 2, 5, 2, 3}));
  EXPECT_NE(message_of<ShapeError>([] {
              (void)Dropout1d()(ones({4, 3}));
            }).find("a batch of one image"),
            std::string::npos);
  EXPECT_NE(message_of<ValueError>([] { (void)Dropout3d(1); }).find("[dropout3d]"), std::string::npos);
}

TEST_P(ImageLayersOn, ASeparableConvolutionIsTwoConvolutions) {
  SeparableConv2d layer(4, 6, 3, {.stride = 2, .padding = 1, .multiplier = 2});
  EXPECT_EQ(layer.depthwise.weight.shape(), (Shape{8, 3, 3, 1}));
  EXPECT_EQ(layer.pointwise.weight.shape(), (Shape{6, 1, 1, 8}));
  EXPECT_FALSE(layer.depthwise.bias.defined());
  const Tensor x = ones({2, 5, 7, 4});
  const Tensor wanted =
      conv(conv(x, layer.depthwise.weight, {.stride = 2, .padding = 1, .groups = 4}), layer.pointwise.weight) +
      layer.pointwise.bias.value();
  EXPECT_EQ(layer(x).to_vector(), wanted.to_vector());
  EXPECT_EQ(SeparableConv1d(2, 3, 3).remake()(ones({1, 5, 2})).shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(SeparableConv3d(2, 3, 2, {.bias = false}).remake()(ones({1, 2, 2, 2, 2})).shape(), (Shape{1, 1, 1, 1, 3}));
  EXPECT_NE(message_of<ValueError>([] { (void)SeparableConv1d(2, 3, 3, {.multiplier = 0}); }).find("multiplier is 0"),
            std::string::npos);
}

TEST_P(ImageLayersOn, FlattenHasTheOrderThatIsAskedFor) {
  const Tensor signal = arange(6, DType::kF32).reshape({1, 3, 2});  // 3 places, 2 channels
  EXPECT_EQ(Flatten()(signal).to_vector(), (Floats{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(Flatten(FlattenOrder::kChannelsFirst)(signal).to_vector(), (Floats{0, 2, 4, 1, 3, 5}));
  const Tensor volume = arange(8, DType::kF32).reshape({1, 2, 1, 2, 2});
  EXPECT_EQ(Flatten()(volume).to_vector(), (Floats{0, 2, 4, 6, 1, 3, 5, 7}));
  EXPECT_EQ(Flatten(FlattenOrder::kMemory).remake()(volume).to_vector(), (Floats{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(Flatten(FlattenOrder::kChannelsFirst)(zeros({0, 3, 2})).shape(), (Shape{0, 6}));
}

TEST_P(ImageLayersOn, ANetOfThemIsOneSequential) {
  Sequential net{Conv2d(1, 4, 3, {.padding = 1}),
                 ReLU(),
                 MaxPool2d(2),
                 Dropout2d(0.1),
                 SeparableConv2d(4, 8, 3),
                 GlobalAvgPool2d(),
                 Linear(8, 3)};
  EXPECT_EQ(net(ones({2, 8, 8, 1})).shape(), (Shape{2, 3}));
  EXPECT_EQ(net.remake()(ones({0, 8, 8, 1})).shape(), (Shape{0, 3}));
  Sequential pooled{ReLU(), MaxPool2d(2)};
  EXPECT_EQ(message_of<ShapeError>([&] {
              (void)pooled(ones({2, 8, 1}));
            }),
            "[max_pool2d] 1: input is (2, 8, 1); it must have 4 axes, (n, height, width, c); a batch of one image is "
            "x.reshape({1, ...})");
}

}  // namespace
}  // namespace weft::testing
