// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/ending.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/check.h"

namespace weft::kernels {
namespace {

std::optional<Fn> join_of(const std::string& op) {
  if (op == "sum") return Fn::kAdd;
  if (op == "max") return Fn::kMaximum;
  if (op == "min") return Fn::kMinimum;
  return std::nullopt;
}

// For the axes longer than 1, outermost first: whether each is reduced.
std::vector<bool> reduced_axes(const Shape& shape, const ir::Ints& axes) {
  std::vector<bool> reduced;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] != 1) reduced.push_back(std::find(axes.begin(), axes.end(), axis) != axes.end());
  return reduced;
}

}  // namespace

Ending ending_of(const exec::KernelRequest& request, const ir::Graph& body, int output) {
  const ir::Value v = body.outputs[static_cast<std::size_t>(output)].value;
  const ir::Node& node = body.node(v);
  const std::optional<Fn> join = join_of(node.op.name());
  if (!join) return {v, join};
  const Shape& shape = body.spec(node.inputs[0]).shape;
  const std::vector<bool> reduced = reduced_axes(shape, node.attributes.ints("axes"));
  const bool trailing = std::is_sorted(reduced.begin(), reduced.end());
  if (!trailing && !std::is_sorted(reduced.rbegin(), reduced.rend()))
    throw ShapeError(request.op.name(), request.path,
                     cat("output ", output, " is the ", node.op.name(), " of ", shape,
                         " over axes between others; only leading or trailing axes can be reduced"));
  return {node.inputs[0], join, trailing};
}

}  // namespace weft::kernels
