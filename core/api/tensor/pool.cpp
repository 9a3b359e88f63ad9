// SPDX-License-Identifier: Apache-2.0
#include "weft/pool.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/api/tensor/spatial.h"
#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/ops/rules.h"
#include "core/ops/windows.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::apply1;
using detail::apply_op;
using detail::cast_to;
using detail::impl_of;
using detail::per_axis;
using detail::spatial_of;
using detail::WindowLists;
using detail::windows_of;
using ir::Attributes;
using ir::Ints;

// The windows over an image. Rounding up is padding behind the image.
ops::Windows windows_over(const char* op, const Ints& spatial, const WindowLists& lists, bool ceil) {
  ops::Windows w = windows_of(op, spatial.size(), lists, 0);
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    const std::int64_t extent = w.dilations[i] * (w.sizes[i] - 1) + 1, padding = w.low[i], stride = w.strides[i];
    if (2 * padding > extent)
      fail<ValueError>(op, "padding of axis ", i + 1, " is ", padding, ", a window spans ", extent,
                       " elements; padding may be half of that");
    const std::int64_t room = spatial[i] + 2 * padding - extent;
    if (!ceil || room < 0) continue;
    std::int64_t last = (room + stride - 1) / stride * stride;  // where the last window begins
    if (last >= spatial[i] + padding) last -= stride;
    w.high[i] += std::max<std::int64_t>(last - room, 0);
  }
  return w;
}

Attributes attributes_of(const ops::Windows& windows) {
  Attributes attributes{{"window", windows.sizes}};
  ops::set_windows(attributes, windows);
  return attributes;
}

ops::Windows max_windows(const char* op, const Ints& spatial, const MaxPoolOptions& o) {
  return windows_over(op, spatial, {o.window, o.stride, o.padding, o.dilation}, o.ceil);
}

Tensor pooled(const Tensor& x, const ops::Windows& windows, Ints counted, std::int64_t divisor) {
  Attributes attributes = attributes_of(windows);
  attributes.set("counted_low", counted);
  attributes.set("counted_high", std::move(counted));
  attributes.set("divisor", divisor);
  return apply1("avg_pool", {x}, std::move(attributes));
}

std::vector<int> spatial_axes(const Tensor& x, const char* op) {
  std::vector<int> axes;
  for (std::size_t i = 0; i < spatial_of(x, op).size(); ++i) axes.push_back(static_cast<int>(i) + 1);
  return axes;
}

// The sizes that an adaptive pooling gives. Every share of an axis must have an element.
Ints adaptive_sizes(const char* op, const Ints& spatial, const PerAxis& size) {
  if (size.empty()) fail<ValueError>(op, "size is empty; give one number for each axis, or one for all");
  Ints sizes = per_axis(op, "size", size, spatial.size(), 1, 1);
  if (std::ranges::find(spatial, 0) != spatial.end())
    fail<ShapeError>(op, "spatial sizes are ", Shape(spatial), "; an axis without elements has no parts");
  return sizes;
}

// The elements of the shares of an axis, side by side: each share padded to `longest` elements by its last one.
Tensor elements_of_shares(std::int64_t in, std::int64_t shares, std::int64_t longest) {
  const Tensor share = arange(shares).unsqueeze(1);
  const Tensor first = floor_divide(share * in, shares), end = floor_divide((share + 1) * in + (shares - 1), shares);
  return minimum(first + arange(longest), end - 1).reshape({shares * longest});
}

std::int64_t longest_share(std::int64_t in, std::int64_t shares) {
  std::int64_t longest = 0;
  for (std::int64_t i = 0; i < shares; ++i)
    longest = std::max(longest, ((i + 1) * in + shares - 1) / shares - i * in / shares);
  return longest;
}

}  // namespace

MaxPoolResult max_pool_with_index(const Tensor& x, const MaxPoolOptions& options) {
  const ops::Windows windows = max_windows("max_pool", spatial_of(x, "max_pool"), options);
  auto out = apply_op(ir::OpId::of("max_pool"), {&x, 1}, attributes_of(windows));
  return {out[0], out[1]};
}

Tensor max_pool(const Tensor& x, const MaxPoolOptions& options) { return max_pool_with_index(x, options).y; }

Tensor max_unpool(const Tensor& y, const Tensor& index, const MaxPoolOptions& options, const PerAxis& size) {
  const char* op = "max_unpool";
  const Ints counts = spatial_of(y, op);
  const TensorSpec given = impl_of(index, op).spec();
  if (is_floating(given.dtype)) fail<DTypeError>(op, "index is ", given, "; it must be integers");
  Ints spatial = per_axis(op, "size", size, counts.size(), 0, 0);
  if (size.empty()) {
    const ops::Windows w = max_windows(op, counts, options);
    for (std::size_t i = 0; i < counts.size(); ++i)
      spatial[i] = (counts[i] - 1) * w.strides[i] - 2 * w.low[i] + w.dilations[i] * (w.sizes[i] - 1) + 1;
  }
  const ops::Windows windows = max_windows(op, spatial, options);
  std::int64_t elements = 1;
  for (const std::int64_t window : windows.sizes)
    if (__builtin_mul_overflow(elements, window, &elements) || elements > std::numeric_limits<std::int32_t>::max())
      fail<ValueError>(op, "window is ", Shape(windows.sizes), "; it must have fewer than 2^31 elements");
  const DeviceScope on(index.device());
  // take() gives each position itself, and a DataError for one that is outside.
  const Tensor inside = take(arange(elements, DType::kI32), cast_to(index, DType::kI64));
  Attributes attributes = attributes_of(windows);
  attributes.set("spatial", spatial);
  return apply1(op, {y, cast_to(inside, elements <= 256 ? DType::kU8 : DType::kI32)}, std::move(attributes));
}

Tensor adaptive_max_pool(const Tensor& x, const PerAxis& size) {
  const char* op = "adaptive_max_pool";
  const Ints spatial = spatial_of(x, op), sizes = adaptive_sizes(op, spatial, size);
  const DeviceScope on(x.device());
  Tensor parts = x;
  Ints window;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    window.push_back(longest_share(spatial[i], sizes[i]));
    if (spatial[i] % sizes[i] != 0)
      parts = take(parts, elements_of_shares(spatial[i], sizes[i], window[i]), static_cast<int>(i) + 1);
  }
  return max_pool(parts, {.window = window});
}

Tensor global_max_pool(const Tensor& x) { return max(x, spatial_axes(x, "global_max_pool")); }

Tensor avg_pool(const Tensor& x, const AvgPoolOptions& options) {
  const char* op = "avg_pool";
  const Ints spatial = spatial_of(x, op);
  const PerAxis none = {};
  if (options.divisor < 0)
    fail<ValueError>(op, "divisor is ", options.divisor, "; it must be positive, or 0 for a count");
  const ops::Windows windows =
      windows_over(op, spatial, {options.window, options.stride, options.padding, none}, options.ceil);
  return pooled(x, windows, options.count_padding ? windows.low : Ints(spatial.size(), 0), options.divisor);
}

Tensor adaptive_avg_pool(const Tensor& x, const PerAxis& size) {
  const char* op = "adaptive_avg_pool";
  const Ints spatial = spatial_of(x, op), sizes = adaptive_sizes(op, spatial, size);
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "input is ", x.dtype(), "; it must be floating");
  Ints window;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    window.push_back(spatial[i] % sizes[i] == 0 ? spatial[i] / sizes[i] : 0);
  if (std::ranges::find(window, 0) == window.end()) return avg_pool(x, {.window = window});
  // A mean of means of equally many elements, along one axis after the other.
  Tensor y = cast_to(x, ops::wide(x.dtype()));
  for (std::size_t i = sizes.size(); i-- > 0;)
    y = apply1("resample", {y},
               {{"axis", static_cast<std::int64_t>(i) + 1},
                {"outputs", sizes[i]},
                {"method", std::string("area")},
                {"align_corners", false},
                {"scale", 0.0}});
  return cast_to(y, x.dtype());
}

Tensor global_avg_pool(const Tensor& x) { return mean(x, spatial_axes(x, "global_avg_pool")); }

Tensor lp_pool(const Tensor& x, double p, const LpPoolOptions& options) {
  const char* op = "lp_pool";
  if (!(p > 0) || std::isinf(p)) fail<ValueError>(op, "p is ", p, "; it must be positive and finite");
  const Ints spatial = spatial_of(x, op);
  const PerAxis none = {};
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "input is ", x.dtype(), "; it must be floating");
  const ops::Windows windows = windows_over(op, spatial, {options.window, options.stride, none, none}, options.ceil);
  const Tensor wide = cast_to(x, ops::wide(x.dtype()));
  const Tensor sum = pooled(p == 2 ? square(wide) : pow(abs(wide), p), windows, Ints(spatial.size(), 0), 1);
  // Windows of zeros take no part in the root, which has no slope there.
  const Tensor zero = equal(sum, 0), some = where(zero, 1, sum);
  return cast_to(where(zero, 0, p == 2 ? sqrt(some) : pow(some, 1 / p)), x.dtype());
}

}  // namespace weft
