// SPDX-License-Identifier: Apache-2.0
#include "core/api/tensor/spatial.h"

#include <limits>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"

namespace weft::detail {

using ir::Ints;

Ints spatial_of(const Tensor& x, const char* op) { return ops::spatial_of(op, "input", impl_of(x, op).spec().shape); }

Ints per_axis(const char* op, const char* what, const PerAxis& numbers, std::size_t axes, std::int64_t none,
              std::int64_t least) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  Ints list = numbers.over(axes);
  for (const std::int64_t entry : list)
    if (entry < least || entry > kMost)
      fail<ValueError>(op, what, " is ", Shape(list), "; every entry must lie in [", least, ", ", kMost, "]");
  if (list.empty()) return Ints(axes, none);
  if (list.size() != axes)
    fail<ValueError>(op, what, " is ", Shape(list), ", there are ", axes,
                     " spatial axes; give one number for each, or one for all");
  return list;
}

ops::Windows windows_of(const char* op, std::size_t axes, const WindowLists& lists, std::int64_t stride) {
  if (lists.window.empty()) fail<ValueError>(op, "window has no size; give one number for each axis, or one for all");
  ops::Windows w;
  w.sizes = per_axis(op, "window", lists.window, axes, 1, 1);
  w.strides = per_axis(op, "stride", lists.stride, axes, stride, 1);
  if (lists.stride.empty() && stride == 0) w.strides = w.sizes;
  w.dilations = per_axis(op, "dilation", lists.dilation, axes, 1, 1);
  w.low = w.high = per_axis(op, "padding", lists.padding, axes, 0, 0);
  return w;
}

}  // namespace weft::detail
