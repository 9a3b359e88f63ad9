// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/dtype.h"

namespace weft WEFT_EXPORT {

// The sizes of a tensor's axes, outermost first. Rank 0 is a scalar; a size may be 0.
class Shape {
 public:
  Shape() = default;
  // A shape of these sizes, outermost first.
  Shape(std::initializer_list<std::int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<std::int64_t> dims) : dims_(std::move(dims)) {}

  // Number of axes.
  int rank() const { return static_cast<int>(dims_.size()); }
  // Size of an axis; negative axes count from the end. Throws ShapeError outside [-rank, rank).
  std::int64_t operator[](int axis) const;
  // Product of the sizes: 1 for a scalar. Throws ShapeError if the product of the sizes that are not 0 is 2^63 or more.
  std::int64_t numel() const;
  // All sizes, outermost first.
  const std::vector<std::int64_t>& dims() const { return dims_; }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }
  // "(64, 128)", "(7,)" and "()", as NumPy prints it.
  std::string text() const;
  bool operator==(const Shape&) const = default;

 private:
  std::vector<std::int64_t> dims_;
};

// The text() of a shape.
WEFT_EXPORT std::ostream& operator<<(std::ostream& out, const Shape& shape);
// Elements to skip for one step along each axis of a dense row-major tensor.
std::vector<std::int64_t> row_major_strides(const Shape& shape);
// The axis counted from the front; throws ShapeError naming `op` when it is outside [-rank, rank).
int normal_axis(int axis, int rank, const char* op);
// NumPy's broadcasting rule: axes aligned at the end must be equal or 1. Throws ShapeError naming `op` and both shapes.
Shape broadcast(const Shape& a, const Shape& b, const char* op);

// Shape and element type: what is known of a tensor before it has a value.
struct TensorSpec {
  Shape shape;                // sizes of the axes
  DType dtype = DType::kF32;  // type of an element
  // Bytes of all elements. Throws ShapeError if they are 2^63 or more.
  std::int64_t bytes() const;
  // "f32(64, 128)"
  std::string text() const;
  bool operator==(const TensorSpec&) const = default;
};

}  // namespace weft
