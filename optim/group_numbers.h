// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "optim/group_rows.h"
#include "weft/elementwise.h"

namespace weft::detail {

// A number of an update rule: a constant, or a tensor that broadcasts.
class Number {
 public:
  Number(double constant) : value_(Scalar(constant)) {}
  Number(Tensor value) : value_(std::move(value)) {}
  // Of a constant per group: f64(groups), on the default device, where they differ.
  explicit Number(const std::vector<double>& per_group);

  // Null for a constant.
  const Tensor* tensor() const { return std::get_if<Tensor>(&value_); }
  // Calls f with the constant or the tensor.
  template <class F>
  Tensor with(F&& f) const {
    return std::visit([&](const auto& x) -> Tensor { return f(x); }, value_);
  }

 private:
  std::variant<Scalar, Tensor> value_;
};
inline Tensor operator*(const Number& a, const Tensor& b) {
  return a.with([&](const auto& x) { return x * b; });
}
inline Tensor operator*(const Tensor& a, const Number& b) {
  return b.with([&](const auto& x) { return a * x; });
}
inline Tensor operator+(const Tensor& a, const Number& b) {
  return b.with([&](const auto& x) { return a + x; });
}
inline Tensor pow(const Number& a, const Tensor& b) {
  return a.with([&](const auto& x) { return weft::pow(x, b); });
}

// The numbers that an update rule needs, known as what they are in each group. One that is the same in all groups is a
// constant or a 0-d tensor; of the others the rows' numbers are taken together, in one go.
class GroupNumbers {
 public:
  GroupNumbers(const GroupRows& rows, DType dtype) : rows_(rows), dtype_(dtype) {}

  // What `made` gives is f64() or f64(groups), if it is a tensor. Gives the number's index.
  std::size_t add(std::function<Number()> made);
  // To be called when all are added: takes the columns, where there are several groups.
  void settle();
  // In the dtype of the rule. What is computed for one group is so where it is needed first.
  Number operator[](std::size_t index);

 private:
  Number rounded(const Number& number) const;

  const GroupRows& rows_;
  DType dtype_;
  std::vector<std::function<Number()>> made_;
  std::vector<std::optional<Number>> known_;
};

}  // namespace weft::detail
