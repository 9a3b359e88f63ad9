// SPDX-License-Identifier: Apache-2.0
#include "weft/conv.h"

#include <algorithm>

#include "core/api/tensor/spatial.h"
#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/ops/windows.h"

namespace weft {
namespace {

using detail::apply1;
using detail::impl_of;
using detail::per_axis;
using ir::Attributes;
using ir::Ints;

// Both operands in their common floating dtype.
struct Operands {
  Tensor x, filters;
};
Operands operands(const char* op, const Tensor& x, const Tensor& filters) {
  const auto floating = [op](const Tensor& t) {
    return is_floating(impl_of(t, op).spec().dtype) ? t : detail::cast_to(t, DType::kF32);
  };
  const Tensor both[] = {floating(x), floating(filters)};
  const DType dtype = detail::common_dtype(both);
  return {detail::cast_to(both[0], dtype), detail::cast_to(both[1], dtype)};
}

// The windows of filters over a tensor with these spatial axes. `padding` may be Padding::same(): none as yet.
ops::Windows windows_of(const char* op, const Shape& filters, std::size_t axes, const PerAxis& stride,
                        const PerAxis& dilation, const Padding& padding) {
  ops::Windows windows;
  windows.sizes = Ints(axes, 1);  // the op's rule refuses filters of another rank
  if (filters.rank() == static_cast<int>(axes) + 2) windows.sizes.assign(filters.begin() + 1, filters.end() - 1);
  windows.strides = per_axis(op, "stride", stride, axes, 1, 1);
  windows.dilations = per_axis(op, "dilation", dilation, axes, 1, 1);
  windows.low = per_axis(op, "padding before", padding.low(), axes, 0, 0);
  windows.high = per_axis(op, "padding behind", padding.high(), axes, 0, 0);
  return windows;
}

// Padding along each axis so that `counts` windows cover images of these sizes; the odd element is behind.
void set_same(ops::Windows& windows, const Ints& spatial, const Ints& counts) {
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    const std::int64_t extent = windows.dilations[i] * (windows.sizes[i] - 1) + 1;
    const std::int64_t all = std::max<std::int64_t>(0, (counts[i] - 1) * windows.strides[i] + extent - spatial[i]);
    windows.low[i] = all / 2;
    windows.high[i] = all - all / 2;
  }
}

Attributes attributes_of(const ops::Windows& windows, std::int64_t groups) {
  Attributes attributes;
  ops::set_windows(attributes, windows);
  attributes.set("groups", groups);
  return attributes;
}

}  // namespace

Padding Padding::sides(const std::vector<std::pair<std::int64_t, std::int64_t>>& low_and_high) {
  std::vector<std::int64_t> low, high;
  for (const auto& [before, behind] : low_and_high) {
    low.push_back(before);
    high.push_back(behind);
  }
  Padding padding(PerAxis(std::move(low)));
  padding.high_ = PerAxis(std::move(high));
  return padding;
}

Padding Padding::same() {
  Padding padding(0);
  padding.same_ = true;
  return padding;
}

Tensor conv(const Tensor& x, const Tensor& filters, const ConvGeometry& geometry) {
  const char* const op = "conv";
  const Operands in = operands(op, x, filters);
  const Ints spatial = ops::spatial_of(op, "image", in.x.shape());
  ops::Windows windows =
      windows_of(op, in.filters.shape(), spatial.size(), geometry.stride, geometry.dilation, geometry.padding);
  if (geometry.padding.is_same()) {
    Ints counts;
    for (std::size_t i = 0; i < spatial.size(); ++i)
      counts.push_back((spatial[i] + windows.strides[i] - 1) / windows.strides[i]);
    set_same(windows, spatial, counts);
  }
  return apply1(op, {in.x, in.filters}, attributes_of(windows, geometry.groups));
}

Tensor conv_transpose(const Tensor& x, const Tensor& filters, const ConvTransposeGeometry& geometry) {
  const char* const op = "conv_transpose";
  const Operands in = operands(op, x, filters);
  const Ints counts = ops::spatial_of(op, "input", in.x.shape());
  const std::size_t axes = counts.size();
  ops::Windows windows = windows_of(op, in.filters.shape(), axes, geometry.stride, geometry.dilation, geometry.padding);
  const Ints more = per_axis(op, "output padding", geometry.output_padding, axes, 0, 0);
  Ints spatial;
  for (std::size_t i = 0; i < axes; ++i) {
    if (more[i] >= windows.strides[i])
      fail<ValueError>(op, "output padding is ", more[i], " along axis ", i + 1, ", the stride is ", windows.strides[i],
                       "; it must lie in [0, ", windows.strides[i], ")");
    const std::int64_t extent = windows.dilations[i] * (windows.sizes[i] - 1) + 1;
    const std::int64_t whole = ops::sum_of_sizes(op, {(counts[i] - 1) * windows.strides[i], extent, more[i]});
    spatial.push_back(geometry.padding.is_same() ? counts[i] * windows.strides[i]
                                                 : whole - windows.low[i] - windows.high[i]);
    if (spatial[i] < 0)
      fail<ShapeError>(op, "axis ", i + 1, " has ", whole, " elements without its padding of ", windows.low[i], " and ",
                       windows.high[i], "; padding must not be more than there is");
  }
  if (geometry.padding.is_same()) set_same(windows, spatial, counts);
  Attributes attributes = attributes_of(windows, geometry.groups);
  attributes.set("spatial", spatial);
  return apply1("conv_input_grad", {in.x, in.filters}, attributes);
}

}  // namespace weft
