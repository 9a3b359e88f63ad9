// SPDX-License-Identifier: Apache-2.0
#include "weft/padding.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "layers/image/rank.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Zeros for the batch and the channels around the numbers of the spatial axes.
std::vector<std::int64_t> of_all_axes(const PerAxis& spatial, int axes) {
  std::vector<std::int64_t> all = spatial.over(static_cast<std::size_t>(axes));
  all.insert(all.begin(), 0);
  all.push_back(0);
  return all;
}

Padding checked(const char* name, int axes, Padding padding) {
  if (padding.is_same()) fail<ValueError>(name, "padding is same(), which belongs to convolutions; give numbers");
  for (const PerAxis* side : {&padding.low(), &padding.high()}) {
    const std::vector<std::int64_t> numbers = side->over(static_cast<std::size_t>(axes));
    if (numbers.size() != static_cast<std::size_t>(axes))
      fail<ValueError>(name, "padding has ", numbers.size(), " numbers, there are ", axes,
                       " spatial axes; give one for all, or ", axes);
    if (std::any_of(numbers.begin(), numbers.end(), [](std::int64_t n) { return n < 0; }))
      fail<ValueError>(name, "padding is ", Shape(numbers), "; it must not be negative, slice() crops");
  }
  return padding;
}

}  // namespace

PadLayer::PadLayer(const char* name, int axes, Padding padding, double value)
    : name_(name), axes_(axes), padding_(checked(name, axes, std::move(padding))), value_(value) {}
PadLayer::PadLayer(const char* name, int axes, Padding padding, PaddingMode mode)
    : name_(name), axes_(axes), padding_(checked(name, axes, std::move(padding))), mode_(mode) {}

Tensor PadLayer::forward(Tensor x) const {
  expect_images(name_, x, axes_);
  const std::vector<std::int64_t> low = of_all_axes(padding_.low(), axes_), high = of_all_axes(padding_.high(), axes_);
  if (mode_) return pad(x, low, high, *mode_);
  Tensor padded = pad(x, low, high);
  if (value_ == 0) return padded;
  std::vector<std::int64_t> inside{x.shape().begin(), x.shape().end()};
  inside.front() = inside.back() = 1;
  return where(pad(ones(Shape(std::move(inside)), DType::kBool), low, high), padded, full({}, value_, x.dtype()));
}

ConstantPad1d::ConstantPad1d(Padding padding, double value)
    : PadLayer("constant_pad1d", 1, std::move(padding), value) {}
ConstantPad2d::ConstantPad2d(Padding padding, double value)
    : PadLayer("constant_pad2d", 2, std::move(padding), value) {}
ConstantPad3d::ConstantPad3d(Padding padding, double value)
    : PadLayer("constant_pad3d", 3, std::move(padding), value) {}
ZeroPad1d::ZeroPad1d(Padding padding) : PadLayer("zero_pad1d", 1, std::move(padding), 0.0) {}
ZeroPad2d::ZeroPad2d(Padding padding) : PadLayer("zero_pad2d", 2, std::move(padding), 0.0) {}
ZeroPad3d::ZeroPad3d(Padding padding) : PadLayer("zero_pad3d", 3, std::move(padding), 0.0) {}
ReflectionPad1d::ReflectionPad1d(Padding padding)
    : PadLayer("reflection_pad1d", 1, std::move(padding), PaddingMode::kReflect) {}
ReflectionPad2d::ReflectionPad2d(Padding padding)
    : PadLayer("reflection_pad2d", 2, std::move(padding), PaddingMode::kReflect) {}
ReflectionPad3d::ReflectionPad3d(Padding padding)
    : PadLayer("reflection_pad3d", 3, std::move(padding), PaddingMode::kReflect) {}
ReplicationPad1d::ReplicationPad1d(Padding padding)
    : PadLayer("replication_pad1d", 1, std::move(padding), PaddingMode::kReplicate) {}
ReplicationPad2d::ReplicationPad2d(Padding padding)
    : PadLayer("replication_pad2d", 2, std::move(padding), PaddingMode::kReplicate) {}
ReplicationPad3d::ReplicationPad3d(Padding padding)
    : PadLayer("replication_pad3d", 3, std::move(padding), PaddingMode::kReplicate) {}
CircularPad1d::CircularPad1d(Padding padding)
    : PadLayer("circular_pad1d", 1, std::move(padding), PaddingMode::kCircular) {}
CircularPad2d::CircularPad2d(Padding padding)
    : PadLayer("circular_pad2d", 2, std::move(padding), PaddingMode::kCircular) {}
CircularPad3d::CircularPad3d(Padding padding)
    : PadLayer("circular_pad3d", 3, std::move(padding), PaddingMode::kCircular) {}

}  // namespace weft
