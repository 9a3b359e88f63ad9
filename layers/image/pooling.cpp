// SPDX-License-Identifier: Apache-2.0
#include "weft/pooling.h"

#include "layers/image/rank.h"

namespace weft {

MaxPoolLayer::MaxPoolLayer(const char* name, int axes, const PerAxis& window, const MaxPoolSettings& settings)
    : name_(name), axes_(axes), window_(window), settings_(settings) {}
Tensor MaxPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return max_pool(x, {window_, settings_.stride, settings_.padding, settings_.dilation, settings_.ceil});
}
MaxPool1d::MaxPool1d(const PerAxis& window, const MaxPoolSettings& settings)
    : MaxPoolLayer("max_pool1d", 1, window, settings) {}
MaxPool2d::MaxPool2d(const PerAxis& window, const MaxPoolSettings& settings)
    : MaxPoolLayer("max_pool2d", 2, window, settings) {}
MaxPool3d::MaxPool3d(const PerAxis& window, const MaxPoolSettings& settings)
    : MaxPoolLayer("max_pool3d", 3, window, settings) {}

AvgPoolLayer::AvgPoolLayer(const char* name, int axes, const PerAxis& window, const AvgPoolSettings& settings)
    : name_(name), axes_(axes), window_(window), settings_(settings) {}
Tensor AvgPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return avg_pool(
      x, {window_, settings_.stride, settings_.padding, settings_.ceil, settings_.count_padding, settings_.divisor});
}
AvgPool1d::AvgPool1d(const PerAxis& window, const AvgPoolSettings& settings)
    : AvgPoolLayer("avg_pool1d", 1, window, settings) {}
AvgPool2d::AvgPool2d(const PerAxis& window, const AvgPoolSettings& settings)
    : AvgPoolLayer("avg_pool2d", 2, window, settings) {}
AvgPool3d::AvgPool3d(const PerAxis& window, const AvgPoolSettings& settings)
    : AvgPoolLayer("avg_pool3d", 3, window, settings) {}

LpPoolLayer::LpPoolLayer(const char* name, int axes, double p, const PerAxis& window, const LpPoolSettings& settings)
    : name_(name), axes_(axes), p_(p), window_(window), settings_(settings) {}
Tensor LpPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return lp_pool(x, p_, {window_, settings_.stride, settings_.ceil});
}
LpPool1d::LpPool1d(double p, const PerAxis& window, const LpPoolSettings& settings)
    : LpPoolLayer("lp_pool1d", 1, p, window, settings) {}
LpPool2d::LpPool2d(double p, const PerAxis& window, const LpPoolSettings& settings)
    : LpPoolLayer("lp_pool2d", 2, p, window, settings) {}
LpPool3d::LpPool3d(double p, const PerAxis& window, const LpPoolSettings& settings)
    : LpPoolLayer("lp_pool3d", 3, p, window, settings) {}

AdaptiveMaxPoolLayer::AdaptiveMaxPoolLayer(const char* name, int axes, const PerAxis& size)
    : name_(name), axes_(axes), size_(size) {}
Tensor AdaptiveMaxPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return adaptive_max_pool(x, size_);
}
AdaptiveMaxPool1d::AdaptiveMaxPool1d(const PerAxis& size) : AdaptiveMaxPoolLayer("adaptive_max_pool1d", 1, size) {}
AdaptiveMaxPool2d::AdaptiveMaxPool2d(const PerAxis& size) : AdaptiveMaxPoolLayer("adaptive_max_pool2d", 2, size) {}
AdaptiveMaxPool3d::AdaptiveMaxPool3d(const PerAxis& size) : AdaptiveMaxPoolLayer("adaptive_max_pool3d", 3, size) {}

AdaptiveAvgPoolLayer::AdaptiveAvgPoolLayer(const char* name, int axes, const PerAxis& size)
    : name_(name), axes_(axes), size_(size) {}
Tensor AdaptiveAvgPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return adaptive_avg_pool(x, size_);
}
AdaptiveAvgPool1d::AdaptiveAvgPool1d(const PerAxis& size) : AdaptiveAvgPoolLayer("adaptive_avg_pool1d", 1, size) {}
AdaptiveAvgPool2d::AdaptiveAvgPool2d(const PerAxis& size) : AdaptiveAvgPoolLayer("adaptive_avg_pool2d", 2, size) {}
AdaptiveAvgPool3d::AdaptiveAvgPool3d(const PerAxis& size) : AdaptiveAvgPoolLayer("adaptive_avg_pool3d", 3, size) {}

GlobalMaxPoolLayer::GlobalMaxPoolLayer(const char* name, int axes) : name_(name), axes_(axes) {}
Tensor GlobalMaxPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return global_max_pool(x);
}
GlobalMaxPool1d::GlobalMaxPool1d() : GlobalMaxPoolLayer("global_max_pool1d", 1) {}
GlobalMaxPool2d::GlobalMaxPool2d() : GlobalMaxPoolLayer("global_max_pool2d", 2) {}
GlobalMaxPool3d::GlobalMaxPool3d() : GlobalMaxPoolLayer("global_max_pool3d", 3) {}

GlobalAvgPoolLayer::GlobalAvgPoolLayer(const char* name, int axes) : name_(name), axes_(axes) {}
Tensor GlobalAvgPoolLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  return global_avg_pool(x);
}
GlobalAvgPool1d::GlobalAvgPool1d() : GlobalAvgPoolLayer("global_avg_pool1d", 1) {}
GlobalAvgPool2d::GlobalAvgPool2d() : GlobalAvgPoolLayer("global_avg_pool2d", 2) {}
GlobalAvgPool3d::GlobalAvgPool3d() : GlobalAvgPoolLayer("global_avg_pool3d", 3) {}

}  // namespace weft
