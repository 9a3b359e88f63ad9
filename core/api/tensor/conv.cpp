// SPDX-License-Identifier: Apache-2.0
#include "weft/conv.h"

#include <algorithm>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "core/ops/windows.h"

namespace weft {
namespace {

using detail::apply1;
using detail::impl_of;
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

// The windows of filters over a tensor with these spatial axes, padding left out.
ops::Windows windows_of(const Shape& filters, std::size_t axes, const PerAxis& stride, const PerAxis& dilation) {
  Ints sizes(axes, 1);  // the op's rule refuses filters of another rank
  if (filters.rank() == static_cast<int>(axes) + 2) sizes.assign(filters.begin() + 1, filters.end() - 1);
  return {sizes, stride.over(axes), dilation.over(axes), Ints(axes, 0), Ints(axes, 0)};
}

void set_padding(ops::Windows& windows, const Padding& padding) {
  windows.low = padding.low().over(windows.sizes.size());
  windows.high = padding.high().over(windows.sizes.size());
}

// Padding along each axis so that `counts` windows cover images of these sizes; the odd element is behind.
void set_same(const std::string& op, ops::Windows& windows, const Ints& spatial, const Ints& counts) {
  Attributes attributes;
  ops::set_windows(attributes, windows);
  const ops::Windows checked = ops::windows_of(op, attributes, windows.sizes);
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    const std::int64_t extent = checked.dilations[i] * (checked.sizes[i] - 1) + 1;
    const std::int64_t all = std::max<std::int64_t>(0, (counts[i] - 1) * checked.strides[i] + extent - spatial[i]);
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
  ops::Windows windows = windows_of(in.filters.shape(), spatial.size(), geometry.stride, geometry.dilation);
  if (geometry.padding.is_same()) {
    Ints counts;
    for (std::size_t i = 0; i < spatial.size(); ++i) {
      const std::int64_t stride = i < windows.strides.size() ? std::max<std::int64_t>(1, windows.strides[i]) : 1;
      counts.push_back((spatial[i] + stride - 1) / stride);
    }
    set_same(op, windows, spatial, counts);
  } else {
    set_padding(windows, geometry.padding);
  }
  return apply1(op, {in.x, in.filters}, attributes_of(windows, geometry.groups));
}

Tensor conv_transpose(const Tensor& x, const Tensor& filters, const ConvTransposeGeometry& geometry) {
  const char* const op = "conv_transpose";
  const Operands in = operands(op, x, filters);
  const Ints counts = ops::spatial_of(op, "input", in.x.shape());
  const std::size_t axes = counts.size();
  ops::Windows windows = windows_of(in.filters.shape(), axes, geometry.stride, geometry.dilation);
  if (!geometry.padding.is_same()) set_padding(windows, geometry.padding);
  Attributes attributes;
  ops::set_windows(attributes, windows);
  windows = ops::windows_of(op, attributes, windows.sizes);
  const Ints more = geometry.output_padding.over(axes);
  if (more.size() != axes)
    fail<ValueError>(op, "output padding has ", more.size(), " entries, there are ", axes,
                     " spatial axes; one per axis is needed");
  Ints spatial;
  for (std::size_t i = 0; i < axes; ++i) {
    if (more[i] < 0 || more[i] >= windows.strides[i])
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
  if (geometry.padding.is_same()) set_same(op, windows, spatial, counts);
  attributes = attributes_of(windows, geometry.groups);
  attributes.set("spatial", spatial);
  return apply1("conv_input_grad", {in.x, in.filters}, attributes);
}

}  // namespace weft
