// SPDX-License-Identifier: Apache-2.0
#include "weft/resize.h"

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
#include "weft/ops.h"

namespace weft {
namespace {

using detail::apply1;
using detail::cast_to;
using detail::impl_of;
using detail::per_axis;
using detail::spatial_of;
using ir::Ints;

std::string method_of(ResizeMode mode) {
  switch (mode) {
    case ResizeMode::kNearest:
      break;
    case ResizeMode::kNearestExact:
      return "nearest_exact";
    case ResizeMode::kLinear:
      return "linear";
    case ResizeMode::kCubic:
      return "cubic";
    case ResizeMode::kArea:
      return "area";
  }
  return "nearest";
}

bool moves(ResizeMode mode) { return mode == ResizeMode::kNearest || mode == ResizeMode::kNearestExact; }

// The result's sizes and, if they were given, the factors for each axis; else 0.
struct Sizes {
  Ints size;
  std::vector<double> scale;
};
Sizes sizes_of(const Ints& spatial, const ResizeOptions& options) {
  const char* op = "resize";
  const std::size_t axes = spatial.size();
  if (options.size.empty() == options.scale.empty())
    fail<ValueError>(op, options.size.empty() ? "neither size nor scale is" : "size and scale are both",
                     " given; give one of them");
  Sizes sizes{per_axis(op, "size", options.size, axes, 1, 1), std::vector<double>(axes, 0)};
  if (options.scale.empty()) return sizes;
  if (options.scale.size() != 1 && options.scale.size() != axes)
    fail<ValueError>(op, "scale has ", options.scale.size(), " entries, there are ", axes,
                     " spatial axes; give one number for each, or one for all");
  for (std::size_t i = 0; i < axes; ++i) {
    const double scale = options.scale[options.scale.size() == 1 ? 0 : i];
    const double size = std::floor(static_cast<double>(spatial[i]) * scale);
    if (!(scale > 0) || !(size >= 1 && size <= std::numeric_limits<std::int32_t>::max()))
      fail<ValueError>(op, "scale of axis ", i + 1, " is ", scale, ", which gives ", size, " of ", spatial[i],
                       " elements; it must give at least one, and fewer than 2^31");
    sizes.scale[i] = scale;
    sizes.size[i] = static_cast<std::int64_t>(size);
  }
  return sizes;
}

// The elements of all windows along an axis, as places on the padded axis.
Tensor places_of(std::int64_t count, std::int64_t size, std::int64_t stride, std::int64_t dilation) {
  return (arange(count).unsqueeze(1) * stride + arange(size) * dilation).reshape({count * size});
}

// A list for all axes of an image: 0 for the batch and the channels.
Ints beside_channels(const Ints& spatial) {
  Ints all{0};
  all.insert(all.end(), spatial.begin(), spatial.end());
  all.push_back(0);
  return all;
}

// The order of axes that takes (n, w, k, w, k, ..., c) to (n, w, w, ..., k, k, ..., c).
std::vector<int> windows_first(std::size_t axes) {
  std::vector<int> order{0};
  for (std::size_t part = 1; part <= 2; ++part)
    for (std::size_t i = 0; i < axes; ++i) order.push_back(static_cast<int>(2 * i + part));
  order.push_back(static_cast<int>(2 * axes + 1));
  return order;
}

ops::Windows unfold_windows(const char* op, std::size_t axes, const UnfoldOptions& o) {
  return detail::windows_of(op, axes, {o.window, o.stride, o.padding, o.dilation}, 1);
}

void expect_image(const char* op, const Tensor& x) {
  const Shape& shape = impl_of(x, op).spec().shape;
  if (shape.rank() != 4) fail<ShapeError>(op, "input is ", shape, "; it must be (n, h, w, c)");
}
void expect_factor(const char* op, std::int64_t r) {
  if (r < 1 || r > std::numeric_limits<std::int32_t>::max())
    fail<ValueError>(op, "r is ", r, "; it must be positive, and less than 2^31");
}

}  // namespace

Tensor resize(const Tensor& x, const ResizeOptions& options) {
  const char* op = "resize";
  const Ints spatial = spatial_of(x, op);
  const Sizes to = sizes_of(spatial, options);
  const ResizeMode mode = options.mode;
  if (!moves(mode) && !is_floating(x.dtype()))
    fail<DTypeError>(op, "input is ", x.dtype(), "; it must be floating, but for kNearest and kNearestExact");
  if (options.align_corners && mode != ResizeMode::kLinear && mode != ResizeMode::kCubic)
    fail<ValueError>(op, "align_corners is given with another mode than kLinear or kCubic; leave it out");
  // The last axis first, because the long runs of the first ones are faster, and more numerous in a larger image.
  Tensor y = moves(mode) ? x : cast_to(x, ops::wide(x.dtype()));
  for (std::size_t i = spatial.size(); i-- > 0;) {
    if (spatial[i] == to.size[i] && to.scale[i] == 0) continue;
    y = apply1("resample", {y},
               {{"axis", static_cast<std::int64_t>(i) + 1},
                {"outputs", to.size[i]},
                {"method", method_of(mode)},
                {"align_corners", options.align_corners},
                {"scale", to.scale[i]}});
  }
  return cast_to(y, x.dtype());
}

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& low, const std::vector<std::int64_t>& high,
           PaddingMode mode) {
  const Shape shape = impl_of(x, "pad").spec().shape;
  ops::expect_per_axis("pad", "low", low, shape);
  ops::expect_per_axis("pad", "high", high, shape);
  Tensor y = x;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::int64_t n = shape.dims()[i], before = low[i], behind = high[i];
    if (before < 0 || behind < 0)
      fail<ValueError>("pad", "axis ", i, " is padded by ", before, " and ", behind, "; none may be negative");
    if (before == 0 && behind == 0) continue;
    const std::int64_t most = mode == PaddingMode::kReflect    ? n - 1
                              : mode == PaddingMode::kCircular ? n
                                                               : std::numeric_limits<std::int64_t>::max();
    if (n == 0 || before > most || behind > most)
      fail<ShapeError>("pad", "axis ", i, " of ", shape, " is padded by ", before, " and ", behind,
                       n == 0 ? "; there are no elements to repeat" : "; there are too few elements for that much");
    const auto axis = static_cast<int>(i);
    const auto border = [&](std::int64_t at, std::int64_t count) {
      return broadcast_to(y.slice(axis, at, at + 1), ops::with_size(y.shape(), axis, count));
    };
    switch (mode) {
      case PaddingMode::kReflect:
        y = concat({flip(y.slice(axis, 1, before + 1), {axis}), y, flip(y.slice(axis, n - 1 - behind, n - 1), {axis})},
                   axis);
        break;
      case PaddingMode::kReplicate:
        y = concat({border(0, before), y, border(n - 1, behind)}, axis);
        break;
      case PaddingMode::kCircular:
        y = concat({y.slice(axis, n - before, n), y, y.slice(axis, 0, behind)}, axis);
        break;
    }
  }
  return y;
}

Tensor pixel_shuffle(const Tensor& x, std::int64_t r) {
  const char* op = "pixel_shuffle";
  expect_image(op, x);
  expect_factor(op, r);
  const std::int64_t n = x.dim(0), h = x.dim(1), w = x.dim(2), c = x.dim(3) / (r * r);
  if (x.dim(3) % (r * r) != 0)
    fail<ShapeError>(op, "input is ", x.shape(), "; ", r * r, " must divide the number of channels");
  return x.reshape({n, h, w, c, r, r}).permute({0, 1, 4, 2, 5, 3}).reshape({n, h * r, w * r, c});
}

Tensor pixel_unshuffle(const Tensor& x, std::int64_t r) {
  const char* op = "pixel_unshuffle";
  expect_image(op, x);
  expect_factor(op, r);
  const std::int64_t n = x.dim(0), h = x.dim(1) / r, w = x.dim(2) / r, c = x.dim(3);
  if (x.dim(1) % r != 0 || x.dim(2) % r != 0)
    fail<ShapeError>(op, "input is ", x.shape(), "; ", r, " must divide height and width");
  return x.reshape({n, h, r, w, r, c}).permute({0, 1, 3, 5, 2, 4}).reshape({n, h, w, c * r * r});
}

Tensor unfold(const Tensor& x, const UnfoldOptions& options) {
  const char* op = "unfold";
  const Ints spatial = spatial_of(x, op);
  const ops::Windows w = unfold_windows(op, spatial.size(), options);
  const Ints counts = ops::count_windows(op, spatial, w);
  const DeviceScope on(x.device());
  Tensor y = pad(x, beside_channels(w.low), beside_channels(w.high));
  std::vector<std::int64_t> apart{x.dim(0)};
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    y = take(y, places_of(counts[i], w.sizes[i], w.strides[i], w.dilations[i]), static_cast<int>(i) + 1);
    apart.insert(apart.end(), {counts[i], w.sizes[i]});
  }
  apart.push_back(x.dim(-1));
  return y.reshape(Shape(std::move(apart))).permute(windows_first(spatial.size()));
}

Tensor fold(const Tensor& x, const PerAxis& size, const UnfoldOptions& options) {
  const char* op = "fold";
  const Shape shape = impl_of(x, op).spec().shape;
  const auto axes = static_cast<std::size_t>(std::max(shape.rank() - 2, 0) / 2);
  if (shape.rank() != static_cast<int>(2 * axes) + 2 || axes < 1 || axes > ops::kMostSpatialAxes)
    fail<ShapeError>(op, "input is ", shape, "; it must be (n, windows..., window..., c) with 1 to ",
                     ops::kMostSpatialAxes, " axes of each");
  if (size.empty()) fail<ValueError>(op, "size is empty; give one number for each axis, or one for all");
  const Ints spatial = per_axis(op, "size", size, axes, 1, 1);
  const ops::Windows w = unfold_windows(op, axes, options);
  const Ints counts = ops::count_windows(op, spatial, w);
  std::vector<std::int64_t> wanted{shape[0]}, joined{shape[0]};
  wanted.insert(wanted.end(), counts.begin(), counts.end());
  wanted.insert(wanted.end(), w.sizes.begin(), w.sizes.end());
  wanted.push_back(shape[-1]);
  if (shape != Shape(wanted))
    fail<ShapeError>(op, "input is ", shape, "; the windows of an image of ", Shape(spatial), " are ", Shape(wanted));
  const DeviceScope on(x.device());
  for (std::size_t i = 0; i < axes; ++i) joined.push_back(counts[i] * w.sizes[i]);
  joined.push_back(shape[-1]);
  std::vector<int> back(2 * axes + 2);  // the inverse of windows_first()
  const std::vector<int> order = windows_first(axes);
  for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  Tensor y = cast_to(x, ops::wide(x.dtype())).permute(back).reshape(Shape(std::move(joined)));
  for (std::size_t i = 0; i < axes; ++i) {
    const auto axis = static_cast<int>(i) + 1;
    const std::int64_t padded = w.low[i] + spatial[i] + w.high[i];
    y = index_add(zeros(ops::with_size(y.shape(), axis, padded), y.dtype()),
                  places_of(counts[i], w.sizes[i], w.strides[i], w.dilations[i]), y, axis)
            .slice(axis, w.low[i], w.low[i] + spatial[i]);
  }
  return cast_to(y, x.dtype());
}

}  // namespace weft
