// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>

#include "tests/core/autodiff/interpreter.h"

namespace weft::testing {
namespace {

// The weight of input i in output o, as a kernel that is stretched over the axis: a box, a tent or a cubic.
double stretched(const std::string& method, double distance) {
  const double d = std::abs(distance);
  if (method == "linear") return std::max(0.0, 1 - d);
  if (d >= 2) return 0;
  return d <= 1 ? 1.25 * d * d * d - 2.25 * d * d + 1 : -0.75 * (d * d * d - 5 * d * d + 8 * d - 4);
}

double weight(const ir::Node& node, std::int64_t in, std::int64_t out, std::int64_t o, std::int64_t i) {
  const auto& method = node.attributes.get<std::string>("method");
  if (method == "area") {
    const std::int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
    return i >= begin && i < end ? 1 / static_cast<double>(end - begin) : 0;
  }
  if (method == "nearest") return o * in / out == i ? 1 : 0;
  if (method == "nearest_exact") return (2 * o + 1) * in / (2 * out) == i ? 1 : 0;
  double s = (static_cast<double>(o) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
  if (node.attributes.boolean("align_corners"))
    s = out == 1 ? 0 : static_cast<double>(o * (in - 1)) / static_cast<double>(out - 1);
  if (method == "linear") s = std::max(s, 0.0);
  // All elements beyond the border are the one at the border.
  double sum = 0;
  for (std::int64_t k = -4; k < in + 4; ++k)
    if (std::clamp<std::int64_t>(k, 0, in - 1) == i) sum += stretched(method, s - static_cast<double>(k));
  return sum;
}

OpFunction resample(bool transposed) {
  return [transposed](const ir::Node& node, const Arrays& in) -> Arrays {
    const auto axis = static_cast<std::size_t>(node.attributes.integer("axis"));
    Array y(node.outputs[0].shape);
    const std::int64_t from = in[0].shape.dims()[axis], to = y.shape.dims()[axis];
    std::size_t at = 0;
    each(y.shape, [&](const Index& index) {
      Index source = index;
      for (std::int64_t j = 0; j < from; ++j) {
        source[axis] = j;
        y[at] += in[0][place(in[0].shape, source)] *
                 (transposed ? weight(node, to, from, j, index[axis]) : weight(node, from, to, index[axis], j));
      }
      ++at;
    });
    return {y};
  };
}

}  // namespace

void add_resampling(OpTable& table) {
  table["resample"] = resample(false);
  table["resample_grad"] = resample(true);
}

}  // namespace weft::testing
