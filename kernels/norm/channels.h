// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/float_types.h"

namespace weft::kernels {

// How often the channels are repeated so that there are enough for vector registers.
inline std::int64_t repeats(std::int64_t channels) { return channels == 0 || channels >= 64 ? 1 : 64 / channels; }

// sum += x - origin, squares += (x - origin)^2, for n elements with their channels last, beginning with channel 0; they
// need not be whole rows. What belongs to a channel lies in arrays of `width` elements: the channels, repeated.
template <class T>
using MomentsLoop = void (*)(const T* x, std::int64_t n, std::int64_t width, const double* origin, double* sum,
                             double* squares);

// The loop for the instruction set at hand.
template <class T>
MomentsLoop<T> moments_loop();

}  // namespace weft::kernels
