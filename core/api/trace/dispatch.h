// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <span>
#include <vector>

#include "core/api/trace/tracer.h"

namespace weft::detail {

// One op on tensors: a node while tracing, otherwise run at once as a program of one node. The one door to every op.
std::vector<Tensor> apply_op(ir::OpId op, std::span<const Tensor> inputs, ir::Attributes attributes = {});
inline Tensor apply1(std::string_view op, std::initializer_list<Tensor> inputs, ir::Attributes attributes = {}) {
  return apply_op(ir::OpId::of(op), {inputs.begin(), inputs.size()}, std::move(attributes))[0];
}

// The dtype that operands are converted to, by PyTorch's rule. Kinds: bool < integers < floating. The highest kind
// wins; within it a wider dtype, and f16 with bf16 gives f32. A 0-d tensor widens nothing beside a tensor with axes of
// its kind or a higher one: f32(n) with f64() is f32.
DType common_dtype(std::span<const Tensor> operands);
Tensor cast_to(const Tensor& x, DType dtype);
// All axes when the list is empty; normalized, sorted, each once. ShapeError for repeats.
ir::Ints normal_axes(const std::vector<int>& axes, int rank, const char* op);
// A tensor of one value on the current device. For integer dtypes a number beyond int64 becomes the nearest int64.
Tensor filled(const Shape& shape, Scalar value, DType dtype);
// A 0-d tensor on the device, for a number beside a tensor.
Tensor constant(Scalar value, DType dtype, Device device);

}  // namespace weft::detail
