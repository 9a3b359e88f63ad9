// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "core/ops/op.h"

// Checks that shape rules share. Every check throws with the op's name, what was given and the rule.
namespace weft::ops {

using ir::Ints;
using Specs = std::span<const TensorSpec>;

// ValueError unless there are `count` inputs.
void expect_inputs(const std::string& op, Specs in, std::size_t count);
// DTypeError unless the input is f32, f64, bf16 or f16.
void expect_floating(const std::string& op, const char* what, const TensorSpec& x);
// DTypeError unless the input is i32 or i64.
void expect_index(const std::string& op, const char* what, const TensorSpec& x);
// DTypeError unless both dtypes are equal.
void expect_same_dtype(const std::string& op, const TensorSpec& a, const TensorSpec& b);
// ShapeError unless the shape is exactly this one.
void expect_shape(const std::string& op, const char* what, const TensorSpec& x, const Shape& shape);
// ShapeError unless 0 <= axis < rank.
void expect_axis(const std::string& op, std::int64_t axis, const Shape& shape);
// ShapeError unless every axis is in that range, ValueError unless axes ascend: {0, 2}.
void expect_axes(const std::string& op, const Ints& axes, const Shape& shape);
// ShapeError when a size is negative.
void expect_sizes(const std::string& op, const Shape& shape);
// ValueError unless the list has one entry per axis of x.
void expect_per_axis(const std::string& op, const char* what, const Ints& list, const Shape& x);
// The generator's state {seed, call}: i64 (2,).
void expect_state(const std::string& op, const TensorSpec& state);

// The shape after a reduction over ascending axes, which stay with size 1 if `keep`.
Shape reduced(const Shape& x, const Ints& axes, bool keep);
// Product of the sizes of these axes.
std::int64_t count_over(const Shape& x, const Ints& axes);
// Size of an axis made of several parts; ShapeError where the sum is too large for an i64.
std::int64_t sum_of_sizes(const std::string& op, std::initializer_list<std::int64_t> sizes);
// The shape with another size of one axis.
Shape with_size(const Shape& x, std::int64_t axis, std::int64_t size);
// The dtype of statistics and losses: f32 for f16 and bf16, else the dtype itself.
DType wide(DType dtype);
// The dtype of sums of products: the operands', or the attribute `dtype`, which may be f32 for bf16 and f16, because
// their products are summed in f32. DTypeError for any other.
DType product_dtype(const std::string& op, DType operands, const Attributes& attributes);

// All axes but one: axes_but(3, 1) is {0, 2}.
Ints axes_but(int rank, int kept);

}  // namespace weft::ops
