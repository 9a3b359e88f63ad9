// SPDX-License-Identifier: Apache-2.0
#include "core/ops/windows.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace weft::ops {
namespace {

// Far from overflow in every sum and product of two of these numbers.
constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

void expect_list(const std::string& op, const char* what, const Ints& list, std::size_t axes, std::int64_t least) {
  if (list.size() != axes)
    fail<ValueError>(op, what, " has ", list.size(), " entries, there are ", axes,
                     " spatial axes; one per axis is needed");
  for (const std::int64_t entry : list)
    if (entry < least || entry > kMost)
      fail<ValueError>(op, what, " is ", Shape(list), "; every entry must lie in [", least, ", ", kMost, "]");
}

}  // namespace

Windows windows_of(const std::string& op, const Attributes& attributes, Ints sizes) {
  Windows w{std::move(sizes), attributes.ints("strides"), attributes.ints("dilations"), attributes.ints("padding_low"),
            attributes.ints("padding_high")};
  const std::size_t axes = w.sizes.size();
  expect_list(op, "window", w.sizes, axes, 1);
  expect_list(op, "stride", w.strides, axes, 1);
  expect_list(op, "dilation", w.dilations, axes, 1);
  expect_list(op, "padding before", w.low, axes, 0);
  expect_list(op, "padding behind", w.high, axes, 0);
  return w;
}

void set_windows(Attributes& attributes, const Windows& windows) {
  attributes.set("strides", windows.strides);
  attributes.set("dilations", windows.dilations);
  attributes.set("padding_low", windows.low);
  attributes.set("padding_high", windows.high);
}

Ints spatial_of(const std::string& op, const char* what, const Shape& x) {
  if (x.rank() < 3 || x.rank() > 2 + kMostSpatialAxes)
    fail<ShapeError>(op, what, " is ", x, "; it must be (n, spatial..., c) with 1 to ", kMostSpatialAxes,
                     " spatial axes");
  return {x.begin() + 1, x.end() - 1};
}

Shape batch_of_images(std::int64_t n, const Ints& spatial, std::int64_t channels) {
  std::vector<std::int64_t> dims{n};
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  dims.push_back(channels);
  return Shape(std::move(dims));
}

Ints count_windows(const std::string& op, const Ints& spatial, const Windows& windows) {
  Ints counts;
  for (std::size_t i = 0; i < spatial.size(); ++i) {
    const std::int64_t padded = sum_of_sizes(op, {spatial[i], windows.low[i], windows.high[i]});
    const std::int64_t extent = windows.dilations[i] * (windows.sizes[i] - 1) + 1;
    if (padded < extent)
      fail<ShapeError>(op, "axis ", i + 1, " has ", spatial[i], " elements, ", padded,
                       " with its padding, and a window of ", windows.sizes[i], " spans ", extent,
                       "; the padded axis must be at least as long");
    counts.push_back((padded - extent) / windows.strides[i] + 1);
  }
  return counts;
}

}  // namespace weft::ops
