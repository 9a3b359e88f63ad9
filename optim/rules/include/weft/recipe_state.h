// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/number.h"
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

// A number that a recipe keeps from one update to the next.
struct KeptNumber {
  std::string name;
  double initial = 0;
  Number value{};  // the latest
};

// All that a recipe keeps beside a parameter.
struct KeptValues {
  std::vector<KeptTensor> tensors{};
  std::vector<KeptNumber> numbers{};
};

}  // namespace detail

// The tensors and numbers that a recipe keeps beside a parameter, by name. Tensors are in the dtype of the arithmetic:
// f64 for f64 parameters, f32 for others. The first update that asks for a name makes it, so every update asks for the
// same ones.
class RecipeState {
 public:
  // Zeros in the parameter's shape before the first update.
  [[nodiscard]] Tensor get(const std::string& name);
  // A tensor of another shape, filled with `initial` before the first update. ShapeError when the shape changes.
  [[nodiscard]] Tensor get(const std::string& name, const Shape& shape, double initial = 0);
  // A tensor in the parameter's shape that is `value`, such as the parameter itself, before the first set(). KeptValues
  // as NaN until then.
  Tensor start(const std::string& name, const Tensor& value);
  // The value that the next update gets. ValueError for a name that get() was not asked for, ShapeError or DTypeError
  // for a value that does not fit.
  void set(const std::string& name, const Tensor& value);
  // A number, `initial` before the first update. Parameters whose recipes are equal share it where one launch updates
  // them, so that it may depend on numbers alone; it stays as it is while none of them moves.
  Number number(const std::string& name, double initial = 0);
  // The number in the next update. ValueError for a name that number() was not asked for.
  void set(const std::string& name, const Number& value);

  // `parameter` is the spec of the update's p. An empty state takes whatever get() asks for.
  RecipeState(std::string recipe, TensorSpec parameter);
  RecipeState(std::string recipe, TensorSpec parameter, detail::KeptValues kept);
  const detail::KeptValues& kept() const { return kept_; }

 private:
  template <class Entry>
  static Entry* find(std::vector<Entry>& entries, const std::string& name);
  [[noreturn]] void refuse_new(const std::string& name) const;
  [[noreturn]] void refuse_unasked(const std::string& name, const char* door) const;

  std::string recipe_;
  TensorSpec parameter_;
  bool known_;  // true: no new names
  detail::KeptValues kept_;
};

}  // namespace weft
