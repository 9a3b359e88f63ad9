// SPDX-License-Identifier: Apache-2.0
#include "weft/number.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace {

std::vector<double> joined(std::vector<double> per_group) {
  const bool same = std::all_of(per_group.begin(), per_group.end(), [&](double x) { return x == per_group[0]; });
  if (same) per_group.resize(1);
  return per_group;
}

}  // namespace

detail::NumberColumns::~NumberColumns() = default;

Number::Number(double constant) : value_(std::make_shared<const Value>(Value{{constant}, {}, {}})) {}
Number::Number(std::vector<double> per_group, std::weak_ptr<detail::NumberColumns> columns)
    : value_(std::make_shared<const Value>(Value{joined(std::move(per_group)), {}, std::move(columns)})) {}
Number::Number(const Tensor& value, std::weak_ptr<detail::NumberColumns> columns)
    : value_(std::make_shared<const Value>(Value{{}, value, std::move(columns)})) {}

bool Number::is_zero() const { return constant() && *constant() == 0; }
bool Number::has_zero() const {
  return std::any_of(value_->constants.begin(), value_->constants.end(), [](double x) { return x == 0; });
}

Tensor Number::tensor() const {
  if (value_->constants.empty()) return value_->tensor;
  if (const double* same = constant()) return full({}, *same, DType::kF64);
  return Tensor::of(value_->constants, {static_cast<std::int64_t>(value_->constants.size())});
}

Tensor Number::like(const Tensor& x) const {
  if (const double* same = constant()) return full({}, *same, x.dtype());
  const bool differs = !value_->constants.empty() || value_->tensor.rank() > 0;
  if (!differs) return value_->tensor.to(x.dtype());
  const auto columns = value_->columns.lock();
  if (!columns)
    fail<TraceError>("optimizer", "a number of an update that is over is used; recipes must not keep their numbers");
  return columns->column(*this, x.dtype());
}

template <class Host, class Traced>
Number Number::combine(const Number& a, const Number& b, Host host, Traced traced) {
  const Value &x = *a.value_, &y = *b.value_;
  const auto& columns = x.columns.expired() ? y.columns : x.columns;
  if (x.constants.empty() || y.constants.empty()) {
    if (const double* same = a.constant()) return {traced(Scalar(*same), y.tensor), columns};
    if (const double* same = b.constant()) return {traced(x.tensor, Scalar(*same)), columns};
    return {traced(a.tensor(), b.tensor()), columns};
  }
  std::vector<double> out;
  for (std::size_t i = 0; i < std::max(x.constants.size(), y.constants.size()); ++i)
    out.push_back(host(x.constants[a.constant() ? 0 : i], y.constants[b.constant() ? 0 : i]));
  return {std::move(out), columns};
}

template <class F>
Tensor Number::beside(const Number& number, const Tensor& x, F f) {
  if (const double* same = number.constant()) return f(Scalar(*same));
  return f(number.like(x));
}

// NOLINTBEGIN(bugprone-macro-parentheses): an operator cannot stand in parentheses
#define WEFT_NUMBERS(op)                                                                                       \
  Number operator op(const Number& a, const Number& b) {                                                       \
    return Number::combine(                                                                                    \
        a, b, [](double x, double y) { return x op y; }, [](const auto& x, const auto& y) { return x op y; }); \
  }                                                                                                            \
  Tensor operator op(const Number& a, const Tensor& b) {                                                       \
    return Number::beside(a, b, [&](const auto& x) { return x op b; });                                        \
  }                                                                                                            \
  Tensor operator op(const Tensor& a, const Number& b) {                                                       \
    return Number::beside(b, a, [&](const auto& x) { return a op x; });                                        \
  }
WEFT_NUMBERS(+)
WEFT_NUMBERS(-)
WEFT_NUMBERS(*)
WEFT_NUMBERS(/)
#undef WEFT_NUMBERS
// NOLINTEND(bugprone-macro-parentheses)

#define WEFT_NUMBERS(name, host)                                                  \
  Number name(const Number& a, const Number& b) {                                 \
    return Number::combine(                                                       \
        a, b, [](double x, double y) { return host(x, y); },                      \
        [](const auto& x, const auto& y) { return weft::name(x, y); });           \
  }                                                                               \
  Tensor name(const Tensor& a, const Number& b) {                                 \
    return Number::beside(b, a, [&](const auto& x) { return weft::name(a, x); }); \
  }
WEFT_NUMBERS(pow, std::pow)
WEFT_NUMBERS(minimum, std::min)
WEFT_NUMBERS(maximum, std::max)
#undef WEFT_NUMBERS

Number operator-(const Number& x) { return 0 - x; }

#define WEFT_NUMBERS(name)                                                               \
  Number name(const Number& x) {                                                         \
    if (x.value_->constants.empty()) return {name(x.value_->tensor), x.value_->columns}; \
    std::vector<double> out;                                                             \
    for (const double each : x.value_->constants) out.push_back(std::name(each));        \
    return {std::move(out), x.value_->columns};                                          \
  }
WEFT_NUMBERS(sqrt)
WEFT_NUMBERS(floor)
#undef WEFT_NUMBERS

}  // namespace weft
