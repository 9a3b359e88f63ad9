// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"
#include "weft/fn.h"

// Derivatives of the elementwise functions, all taken from Formula<fn> (core/scalar/elementwise.h).
namespace weft::ops {

// `direction` times d fn / d input `argument`, with broadcasting, in that input's dtype; undefined if the slope is zero
// everywhere. Inputs and output that the slope does not read may be undefined.
Value slope_times(Builder& build, Fn fn, const Node& node, std::size_t argument, std::span<const Value> inputs,
                  Value output, Value direction);

}  // namespace weft::ops
