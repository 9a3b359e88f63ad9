// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <utility>

#include "weft/tensor.h"

// Formulas as trees.
namespace weft::detail {

// A formula of u. `a`, `b` and `c` are its numbers, `first` and `second` formulas within it.
struct ScheduleNode {
  enum class Kind : std::uint8_t {
    kConstant,     // a
    kLinear,       // from a to b over c updates
    kCosine,       // likewise
    kPolynomial,   // likewise, with the power `d`
    kExponential,  // a b^u
    kInverseTime,  // a / (1 + b u)^c
    kStairs,       // first(floor(u / a))
    kProduct,      // first(u) second(u)
    kSum,          // first(u) + second(u)
    kThen,         // first(u) for u < a, then second(u - a)
    kRestarts,     // first() in cycles of a b^n updates, times c^n
  };
  Kind kind;
  double a = 0, b = 0, c = 0, d = 0;
  std::shared_ptr<const ScheduleNode> first{}, second{};
};

double rate_at(const ScheduleNode& node, double u);
Tensor rate_at(const ScheduleNode& node, const Tensor& u);
bool same(const ScheduleNode* a, const ScheduleNode* b);
// Bounds of the rates of the updates 0 to `last`.
std::pair<double, double> bounds_of(const ScheduleNode& node, double last);

}  // namespace weft::detail
