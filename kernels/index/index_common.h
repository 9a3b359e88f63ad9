// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/base/check.h"
#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "kernels/common/axis_split.h"
#include "kernels/common/sum_type.h"

namespace weft::kernels {

// An indexing op as its kernels see it when they are prepared.
struct IndexPlan {
  AxisSplit x;         // the indexed tensor
  std::int64_t count;  // indices along the axis
  bool wide;           // the index is i64, else i32
  std::int32_t code;   // data error for an index outside the axis
};

inline IndexPlan index_plan(const exec::KernelRequest& request, std::int64_t count) {
  const AxisSplit x = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  return {x, count, request.inputs[1].dtype == DType::kI64,
          exec::data_error_code(request.op.name(), request.path,
                                {"index", "indices", x.size, request.inputs[1].shape.dims()})};
}
// take and index_add: the index, of any rank, stands for one axis.
inline IndexPlan plan_whole_index(const exec::KernelRequest& request) {
  return index_plan(request, request.inputs[1].shape.numel());
}
// gather and scatter_add: the index has x's rank.
inline IndexPlan plan_along_axis(const exec::KernelRequest& request) {
  return index_plan(request, request.inputs[1].shape[static_cast<int>(request.attributes.integer("axis"))]);
}

WEFT_HD inline std::int64_t index_at(const void* index, bool wide, std::int64_t i) {
  return wide ? static_cast<const std::int64_t*>(index)[i] : static_cast<const std::int32_t*>(index)[i];
}

// Throws DTypeError for a tensor that cannot be added to.
inline void expect_numbers(const exec::KernelRequest& request) {
  if (request.inputs[0].dtype == DType::kBool) {
    fail_at<DTypeError>(request.op.name(), request.path, "input is bool; only numbers can be added to");
  }
}

}  // namespace weft::kernels
