// SPDX-License-Identifier: Apache-2.0
#include "core/program/collapse.h"

#include <vector>

#include "core/base/check.h"

namespace weft::elementwise {
namespace {

// The operand's strides along the axes of `out`, 0 where broadcast. Axes are aligned at the end, as in NumPy.
std::vector<std::int64_t> broadcast_steps(const Shape& operand, const Shape& out) {
  const std::vector<std::int64_t> strides = row_major_strides(operand);
  std::vector<std::int64_t> steps(out.dims().size(), 0);
  const std::size_t shift = steps.size() - strides.size();
  for (std::size_t axis = 0; axis < strides.size(); ++axis) {
    if (operand.dims()[axis] != 1) steps[shift + axis] = strides[axis];
  }
  return steps;
}

Follow follow_of(const Geometry& g, int access) {
  bool dense = true, scalar = true;
  std::int64_t step = 1;
  for (int axis = g.rank - 1; axis >= 0; --axis) {
    dense = dense && g.step[access][axis] == step;
    scalar = scalar && g.step[access][axis] == 0;
    step *= g.size[axis];
  }
  return scalar ? Follow::kScalar : dense ? Follow::kDense : Follow::kStrided;
}

}  // namespace

std::variant<Geometry, Refusal> collapse(const Shape& out, std::span<const Shape> operands) {
  std::vector<std::vector<std::int64_t>> steps;
  for (const Shape& operand : operands) steps.push_back(broadcast_steps(operand, out));
  Geometry g;
  g.count = out.numel();
  for (std::size_t axis = 0; axis < out.dims().size(); ++axis) {
    const std::int64_t size = out.dims()[axis];
    if (size == 1) continue;
    bool merges = g.rank > 0;
    for (std::size_t k = 0; k < steps.size(); ++k) merges = merges && g.step[k][g.rank - 1] == steps[k][axis] * size;
    if (!merges && g.rank == Geometry::kMaxAxes)
      return Refusal{Refusal::Kind::kShape, cat("the result is ", out, "; at most ", Geometry::kMaxAxes,
                                                " axes that operands broadcast along differently are supported")};
    const int last = merges ? g.rank - 1 : g.rank++;
    g.size[last] = merges ? g.size[last] * size : size;
    for (std::size_t k = 0; k < steps.size(); ++k) g.step[k][last] = steps[k][axis];
  }
  for (int k = 0; k < static_cast<int>(steps.size()); ++k) g.follow[k] = follow_of(g, k);
  return g;
}

}  // namespace weft::elementwise
