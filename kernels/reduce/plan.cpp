// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/plan.h"

#include <algorithm>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::kernels {

namespace {

// Appends an axis that lies outside of those before it, or grows the last one by it.
void put_outside(AxisList& list, bool merge, std::int64_t size, std::int64_t stride,
                 const exec::KernelRequest& request) {
  if (merge) {
    list.size[list.rank - 1] *= size;
    return;
  }
  if (list.rank == AxisList::kMax) {
    fail_at<ShapeError>(request.op.name(), request.path,
                        "input is " + request.inputs[0].text() + ", at most 8 separate axes can be kept or reduced");
  }
  list.size[list.rank] = size;
  list.stride[list.rank++] = stride;
}

void reverse(AxisList& list) {
  std::reverse(list.size, list.size + list.rank);
  std::reverse(list.stride, list.stride + list.rank);
}

}  // namespace

ReducePlan make_reduce_plan(const exec::KernelRequest& request) {
  const Shape& shape = request.inputs[0].shape;
  const ir::Ints axes =
      request.attributes.has("axes") ? request.attributes.ints("axes") : ir::Ints{request.attributes.integer("axis")};
  ReducePlan plan;
  std::int64_t stride = 1;
  enum { kNone, kKept, kReduced } inner = kNone;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const std::int64_t size = shape[axis];
    if (size == 1) continue;
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    const auto kind = reduced ? kReduced : kKept;
    if (inner == kNone) plan.rows = reduced;
    put_outside(reduced ? plan.reduced : plan.kept, inner == kind, size, stride, request);
    inner = kind;
    stride *= size;
  }
  reverse(plan.kept);
  reverse(plan.reduced);
  plan.outputs = plan.kept.count();
  plan.count = plan.reduced.count();
  if (request.attributes.has("correction")) plan.correction = request.attributes.integer("correction");
  return plan;
}

}  // namespace weft::kernels
