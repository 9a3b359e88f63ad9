// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/float_types.h"

namespace weft::kernels {

// Repetitions of the channels that fill vector registers.
inline std::int64_t repeats(std::int64_t channels) { return channels == 0 || channels >= 64 ? 1 : 64 / channels; }

// sum += x - origin, squares += (x - origin)^2, for n elements with channels last, from channel 0 on; the last row may
// be cut. Arrays of channels have `width` elements: the channels, repeated.
template <class T>
using MomentsLoop = void (*)(const T* x, std::int64_t n, std::int64_t width, const double* origin, double* sum,
                             double* squares);

// The loop for the instruction set at hand.
template <class T>
MomentsLoop<T> moments_loop();

}  // namespace weft::kernels
