// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "weft/conv.h"
#include "weft/detail/export.h"
#include "weft/module.h"
#include "weft/resize.h"

// Borders around images, as layers, channels last: (n, spatial..., c). Errors are those of pad() in weft/resize.h.
namespace weft WEFT_EXPORT {

// A border around images, which the classes below fill. Padding is 1, {1, 2} per axis on both sides, or
// Padding::sides({{top, bottom}, {left, right}}), in the order of the axes; torch.nn counts from the last axis.
// ValueError for Padding::same() and negative numbers.
class PadLayer : public Module {
 public:
  // (n, spatial..., c) -> (n, low + size + high..., c); ShapeError for another rank. All dtypes.
  Tensor forward(Tensor x) const;
  WEFT_MODULE()

 protected:
  // Settings of the derived layer, with its name in errors and its number of spatial axes.
  PadLayer(const char* name, int axes, Padding padding, double value);
  PadLayer(const char* name, int axes, Padding padding, PaddingMode mode);
  const char* name_;
  int axes_;
  Padding padding_;
  double value_ = 0;
  std::optional<PaddingMode> mode_;  // empty: value_
};
// A border filled with one value, around one axis: (n, length, c).
class ConstantPad1d : public PadLayer {
 public:
  // Elements before and behind the axes, and their value.
  ConstantPad1d(Padding padding, double value);
  ConstantPad1d remake() const { return {padding_, value_}; }
};
// A border filled with one value, around two axes: (n, height, width, c).
class ConstantPad2d : public PadLayer {
 public:
  // Elements before and behind the axes, and their value.
  ConstantPad2d(Padding padding, double value);
  ConstantPad2d remake() const { return {padding_, value_}; }
};
// A border filled with one value, around three axes: (n, depth, height, width, c).
class ConstantPad3d : public PadLayer {
 public:
  // Elements before and behind the axes, and their value.
  ConstantPad3d(Padding padding, double value);
  ConstantPad3d remake() const { return {padding_, value_}; }
};
// A border of zeros, around one axis: (n, length, c).
class ZeroPad1d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ZeroPad1d(Padding padding);
  ZeroPad1d remake() const { return ZeroPad1d(padding_); }
};
// A border of zeros, around two axes: (n, height, width, c).
class ZeroPad2d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ZeroPad2d(Padding padding);
  ZeroPad2d remake() const { return ZeroPad2d(padding_); }
};
// A border of zeros, around three axes: (n, depth, height, width, c).
class ZeroPad3d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ZeroPad3d(Padding padding);
  ZeroPad3d remake() const { return ZeroPad3d(padding_); }
};
// A border that mirrors the image at its border elements, around one axis: (n, length, c).
class ReflectionPad1d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReflectionPad1d(Padding padding);
  ReflectionPad1d remake() const { return ReflectionPad1d(padding_); }
};
// A border that mirrors the image at its border elements, around two axes: (n, height, width, c).
class ReflectionPad2d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReflectionPad2d(Padding padding);
  ReflectionPad2d remake() const { return ReflectionPad2d(padding_); }
};
// A border that mirrors the image at its border elements, around three axes: (n, depth, height, width, c).
class ReflectionPad3d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReflectionPad3d(Padding padding);
  ReflectionPad3d remake() const { return ReflectionPad3d(padding_); }
};
// A border of the border elements, around one axis: (n, length, c).
class ReplicationPad1d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReplicationPad1d(Padding padding);
  ReplicationPad1d remake() const { return ReplicationPad1d(padding_); }
};
// A border of the border elements, around two axes: (n, height, width, c).
class ReplicationPad2d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReplicationPad2d(Padding padding);
  ReplicationPad2d remake() const { return ReplicationPad2d(padding_); }
};
// A border of the border elements, around three axes: (n, depth, height, width, c).
class ReplicationPad3d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit ReplicationPad3d(Padding padding);
  ReplicationPad3d remake() const { return ReplicationPad3d(padding_); }
};
// A border from the other end of the axis, around one axis: (n, length, c).
class CircularPad1d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit CircularPad1d(Padding padding);
  CircularPad1d remake() const { return CircularPad1d(padding_); }
};
// A border from the other end of the axis, around two axes: (n, height, width, c).
class CircularPad2d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit CircularPad2d(Padding padding);
  CircularPad2d remake() const { return CircularPad2d(padding_); }
};
// A border from the other end of the axis, around three axes: (n, depth, height, width, c).
class CircularPad3d : public PadLayer {
 public:
  // Elements before and behind the axes.
  explicit CircularPad3d(Padding padding);
  CircularPad3d remake() const { return CircularPad3d(padding_); }
};

}  // namespace weft WEFT_EXPORT
