// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <variant>

#include "core/ir/graph.h"

// Tensors whose elements are all the same known number.
namespace weft::passes {

// A known number in the type that kernels compute with: float, double, or i64 for integers and bools.
using Constant = std::variant<float, double, long long>;

// The number of a `full` node, as its dtype holds it; nothing for another node, and for 16-bit types.
std::optional<Constant> constant_of(const ir::Node& node);
// The attributes of the `full` node that gives this number.
ir::Attributes full_of(const TensorSpec& spec, const Constant& number);
// The node's result for operands of these numbers, for ops of which every compiler computes the same bits: arithmetic,
// comparisons, logic, choices and casts. Nothing for other ops.
std::optional<Constant> evaluate(const ir::Node& node, const std::vector<Constant>& operands);

}  // namespace weft::passes
