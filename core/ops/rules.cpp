// SPDX-License-Identifier: Apache-2.0
#include "core/ops/rules.h"

#include <algorithm>

#include "core/base/check.h"

namespace weft::ops {

void expect_inputs(const std::string& op, Specs in, std::size_t count) {
  if (in.size() != count) fail<ValueError>(op, "takes ", count, " inputs, was given ", in.size());
}

void expect_floating(const std::string& op, const char* what, const TensorSpec& x) {
  if (!is_floating(x.dtype)) fail<DTypeError>(op, what, " is ", x, "; it must be f32, f64, bf16 or f16");
}

void expect_index(const std::string& op, const char* what, const TensorSpec& x) {
  if (x.dtype != DType::kI32 && x.dtype != DType::kI64)
    fail<DTypeError>(op, what, " is ", x, "; it must be i32 or i64");
}

void expect_same_dtype(const std::string& op, const TensorSpec& a, const TensorSpec& b) {
  if (a.dtype != b.dtype) fail<DTypeError>(op, "dtypes differ: ", a, " and ", b);
}

void expect_shape(const std::string& op, const char* what, const TensorSpec& x, const Shape& shape) {
  if (x.shape != shape) fail<ShapeError>(op, what, " is ", x.shape, "; it must be ", shape);
}

void expect_axis(const std::string& op, std::int64_t axis, const Shape& shape) {
  if (axis < 0 || axis >= shape.rank())
    fail<ShapeError>(op, "axis ", axis, " is outside ", shape, "; it must lie in [0, ", shape.rank(), ")");
}

void expect_axes(const std::string& op, const Ints& axes, const Shape& shape) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    expect_axis(op, axes[i], shape);
    if (i > 0 && axes[i] <= axes[i - 1]) fail<ValueError>(op, "axes must ascend without repetition");
  }
}

void expect_sizes(const std::string& op, const Shape& shape) {
  if (std::any_of(shape.begin(), shape.end(), [](std::int64_t n) { return n < 0; }))
    fail<ShapeError>(op, "shape ", shape, " has a negative size");
}

void expect_per_axis(const std::string& op, const char* what, const Ints& list, const Shape& x) {
  if (static_cast<int>(list.size()) != x.rank())
    fail<ValueError>(op, what, " has ", list.size(), " entries, ", x, " has ", x.rank(),
                     " axes; one per axis is needed");
}

void expect_state(const std::string& op, const TensorSpec& state) {
  if (state != TensorSpec{{2}, DType::kI64})
    fail<ValueError>(op, "the generator's state is ", state, "; it must be i64(2,)");
}

Shape reduced(const Shape& x, const Ints& axes, bool keep) {
  std::vector<std::int64_t> dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (!std::binary_search(axes.begin(), axes.end(), i))
      dims.push_back(x[i]);
    else if (keep)
      dims.push_back(1);
  }
  return Shape(std::move(dims));
}

std::int64_t count_over(const Shape& x, const Ints& axes) {
  std::int64_t count = 1;
  for (std::int64_t axis : axes) count *= x[static_cast<int>(axis)];
  return count;
}

std::int64_t sum_of_sizes(const std::string& op, std::initializer_list<std::int64_t> sizes) {
  std::int64_t sum = 0;
  for (const std::int64_t size : sizes)
    if (__builtin_add_overflow(sum, size, &sum)) fail<ShapeError>(op, "an axis of the result has size 2^63 or more");
  return sum;
}

Shape with_size(const Shape& x, std::int64_t axis, std::int64_t size) {
  std::vector<std::int64_t> dims = x.dims();
  dims[static_cast<std::size_t>(axis)] = size;
  return Shape(std::move(dims));
}

DType wide(DType dtype) { return dtype == DType::kF16 || dtype == DType::kBF16 ? DType::kF32 : dtype; }

DType product_dtype(const std::string& op, DType operands, const Attributes& attributes) {
  const DType asked = attributes.has("dtype") ? attributes.dtype("dtype") : operands;
  if (asked != operands && asked != wide(operands))
    fail<DTypeError>(op, "operands are ", operands, ", the result is wanted in ", asked, "; it must be ", operands,
                     wide(operands) == operands ? "" : " or f32");
  return asked;
}

Ints axes_but(int rank, int kept) {
  Ints axes;
  for (int i = 0; i < rank; ++i)
    if (i != kept) axes.push_back(i);
  return axes;
}

}  // namespace weft::ops
