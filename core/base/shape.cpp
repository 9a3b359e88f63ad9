// SPDX-License-Identifier: Apache-2.0
#include "weft/shape.h"

#include <algorithm>
#include <optional>
#include <ostream>

#include "core/base/check.h"

namespace weft {

int normal_axis(int axis, int rank, const char* op) {
  if (axis < -rank || axis >= rank)
    fail<ShapeError>(op, "axis ", axis, " is outside a tensor of rank ", rank, "; it must lie in [", -rank, ", ", rank,
                     ")");
  return axis < 0 ? axis + rank : axis;
}

std::int64_t Shape::operator[](int axis) const {
  return dims_[static_cast<std::size_t>(normal_axis(axis, rank(), "shape"))];
}

namespace {

// Sizes of 0 are left out of the product of the others, so that strides fit, too, as in NumPy.
std::optional<std::int64_t> counted(const Shape& shape, std::int64_t bytes_each) {
  std::int64_t count = bytes_each;
  bool empty = false;
  for (const std::int64_t d : shape) {
    empty |= d == 0;
    if (d != 0 && __builtin_mul_overflow(count, d, &count)) return std::nullopt;
  }
  return empty ? 0 : count;
}

}  // namespace

std::int64_t Shape::numel() const {
  const std::optional<std::int64_t> count = counted(*this, 1);
  if (!count) fail<ShapeError>("shape", text(), " has 2^63 elements or more; use fewer");
  return *count;
}

std::int64_t TensorSpec::bytes() const {
  const std::optional<std::int64_t> count = counted(shape, static_cast<std::int64_t>(size_of(dtype)));
  if (!count) fail<ShapeError>("shape", text(), " has 2^63 bytes or more; use fewer elements");
  return *count;
}

void expect_addressable(const std::string& op, const TensorSpec& spec) {
  for (const std::int64_t d : spec.shape)
    if (d < 0) fail<ShapeError>(op, "shape ", spec.shape, " has a negative size");
  if (!counted(spec.shape, static_cast<std::int64_t>(size_of(spec.dtype))))
    fail<ShapeError>(op, "a tensor ", spec, " has 2^63 bytes or more; use fewer elements");
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.text(); }

std::string Shape::text() const {
  std::string out = "(";
  for (std::size_t i = 0; i < dims_.size(); ++i) out += (i ? ", " : "") + std::to_string(dims_[i]);
  if (dims_.size() == 1) out += ",";
  return out + ")";
}

std::string TensorSpec::text() const { return std::string(name_of(dtype)) + shape.text(); }

std::vector<std::int64_t> row_major_strides(const Shape& shape) {
  std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()));
  std::int64_t step = 1;
  for (std::size_t i = strides.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape.dims()[i];
  }
  return strides;
}

Shape broadcast(const Shape& a, const Shape& b, const char* op) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<std::int64_t> dims(static_cast<std::size_t>(rank));
  for (int i = 1; i <= rank; ++i) {
    const std::int64_t x = i <= a.rank() ? a[-i] : 1;
    const std::int64_t y = i <= b.rank() ? b[-i] : 1;
    if (x != y && x != 1 && y != 1)
      fail<ShapeError>(op, "shapes ", a, " and ", b, " do not broadcast: axis -", i, " is ", x, " and ", y,
                       "; sizes must be equal or 1");
    dims[static_cast<std::size_t>(rank - i)] = x == 1 ? y : x;
  }
  return Shape(std::move(dims));
}

}  // namespace weft
