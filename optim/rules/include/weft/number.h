// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

class Number;

namespace detail {

// Columns for the numbers of an update: one value per row of elements, by the row's group.
class NumberColumns {
 public:
  virtual ~NumberColumns();
  // A number that differs by group, in this dtype and in a shape that broadcasts against the elements.
  [[nodiscard]] virtual Tensor column(const Number& number, DType dtype) = 0;
};

}  // namespace detail

// A number of an update, in f64, with a value per group of parameters. A constant such as beta1, or a value known only
// when the program runs, such as a scheduled rate. Arithmetic between numbers happens once per group; beside a tensor a
// number is rounded to the tensor's dtype.
class Number {
 public:
  // A number that is the same in every group.
  Number(double constant = 0);
  // One constant per group.
  Number(std::vector<double> per_group, std::weak_ptr<detail::NumberColumns> columns);
  // A number known only when the program runs: f64(), or f64(groups).
  Number(const Tensor& value, std::weak_ptr<detail::NumberColumns> columns);

  // True if the number is the constant 0 in every group; has_zero(): in at least one. False for a schedule.
  bool is_zero() const;
  bool has_zero() const;
  // The number in x's dtype, in a shape that broadcasts against x. TraceError where it differs by group and its update
  // is over.
  [[nodiscard]] Tensor like(const Tensor& x) const;
  // f64(), or f64(groups) where it differs by group.
  [[nodiscard]] Tensor tensor() const;

  friend WEFT_EXPORT Number operator+(const Number& a, const Number& b);
  friend WEFT_EXPORT Number operator-(const Number& a, const Number& b);
  friend WEFT_EXPORT Number operator*(const Number& a, const Number& b);
  friend WEFT_EXPORT Number operator/(const Number& a, const Number& b);
  friend WEFT_EXPORT Number operator-(const Number& x);
  friend WEFT_EXPORT Number pow(const Number& a, const Number& b);
  friend WEFT_EXPORT Number sqrt(const Number& x);
  friend WEFT_EXPORT Number floor(const Number& x);
  friend WEFT_EXPORT Number minimum(const Number& a, const Number& b);
  friend WEFT_EXPORT Number maximum(const Number& a, const Number& b);

  friend WEFT_EXPORT Tensor operator+(const Number& a, const Tensor& b);
  friend WEFT_EXPORT Tensor operator+(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor operator-(const Number& a, const Tensor& b);
  friend WEFT_EXPORT Tensor operator-(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor operator*(const Number& a, const Tensor& b);
  friend WEFT_EXPORT Tensor operator*(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor operator/(const Number& a, const Tensor& b);
  friend WEFT_EXPORT Tensor operator/(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor pow(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor minimum(const Tensor& a, const Number& b);
  friend WEFT_EXPORT Tensor maximum(const Tensor& a, const Number& b);

  // An address that all copies of this number share.
  const void* identity() const { return value_.get(); }

 private:
  struct Value {
    std::vector<double> constants;  // one if all groups agree; empty for a tensor
    Tensor tensor;
    std::weak_ptr<detail::NumberColumns> columns;  // weak, because columns keep the numbers that they were asked for
  };
  explicit Number(std::shared_ptr<const Value> value) : value_(std::move(value)) {}

  // Null unless it is the same constant in every group.
  const double* constant() const { return value_->constants.size() == 1 ? value_->constants.data() : nullptr; }
  template <class Host, class Traced>
  static Number combine(const Number& a, const Number& b, Host host, Traced traced);
  template <class F>
  [[nodiscard]] static Tensor beside(const Number& number, const Tensor& x, F f);

  std::shared_ptr<const Value> value_;
};

}  // namespace weft
