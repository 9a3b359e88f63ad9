// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"
#include "weft/fn.h"

// Derivatives of the elementwise functions, all taken from Formula<fn> (core/scalar/elementwise.h).
namespace weft::ops {

// d fn / d input `argument` times `direction`, elementwise: inputs and output broadcast against direction, the result
// has input `argument`'s dtype. Inputs and output that the formula does not read may be undefined. Undefined where the
// slope is zero everywhere.
Value slope_times(Builder& build, Fn fn, const Node& node, std::size_t argument, std::span<const Value> inputs,
                  Value output, Value direction);

}  // namespace weft::ops
