// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/program/lower.h"

// The reductions that end an elementwise program, from the states of parts to the output. Sums of f32 and of the 16-bit
// types have f64 states, as in kernels/reduce; NaN makes a maximum or minimum NaN.
namespace weft::kernels {

using elementwise::Reduction;

inline constexpr std::size_t kStateBytes = 8;

// n states of no elements.
void start_states(const Reduction& reduction, void* states, std::int64_t n);
// states[i] takes in next[i], which is of later elements.
void join_states(const Reduction& reduction, void* states, const void* next, std::int64_t n);
// out[i] = states[i] as the output stores it.
void finish_states(const Reduction& reduction, const void* states, std::int64_t n, void* out);

}  // namespace weft::kernels
