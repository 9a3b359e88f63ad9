// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

namespace detail {

// A tensor that a recipe keeps from one update to the next.
struct KeptTensor {
  std::string name;
  Shape shape;
  double initial = 0;  // value of every element
  bool like_parameter = false;
  Tensor value{};  // the latest
};

}  // namespace detail

// The tensors that a recipe keeps beside a parameter, by name, in the dtype of the arithmetic: f64 for f64 parameters,
// f32 for others. The first update that asks for a name makes it, so every update asks for the same ones.
class RecipeState {
 public:
  // Zeros in the parameter's shape before the first update.
  Tensor get(const std::string& name);
  // A tensor of another shape, filled with `initial` before the first update. ShapeError when the shape changes.
  Tensor get(const std::string& name, const Shape& shape, double initial = 0);
  // The value that the next update gets. ValueError for a name that get() was not asked for, ShapeError or DTypeError
  // for a value that does not fit.
  void set(const std::string& name, const Tensor& value);

  // `parameter` is the spec of the update's p. An empty state takes whatever get() asks for.
  RecipeState(std::string recipe, TensorSpec parameter);
  RecipeState(std::string recipe, TensorSpec parameter, std::vector<detail::KeptTensor> entries);
  const std::vector<detail::KeptTensor>& entries() const { return entries_; }

 private:
  detail::KeptTensor* find(const std::string& name);

  std::string recipe_;
  TensorSpec parameter_;
  bool known_;  // true: no new names
  std::vector<detail::KeptTensor> entries_;
};

}  // namespace weft
