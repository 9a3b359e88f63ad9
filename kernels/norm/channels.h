// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/support/float_types.h"

// The loops of the norms over elements with their channels last, for the instruction set at hand. What belongs to a
// channel lies in arrays of `width` elements: the channels, repeated until there are enough for vector registers.
// Elements begin with channel 0 unless said otherwise; n of them need not be whole rows.
namespace weft::kernels {

// How often the channels are repeated.
inline std::int64_t repeats(std::int64_t channels) { return channels == 0 || channels >= 64 ? 1 : 64 / channels; }

// y = ((x - origin) - mean) * scale + bias
template <class A>
struct ChannelMap {
  A *origin, *mean, *scale, *bias;
};

// dx = scale * (dy - shift - (x - mean) * slope)
template <class A>
struct ChannelGradient {
  A *mean, *scale, *shift, *slope;
};

template <class T>
struct ChannelLoops {
  using A = Compute<T>;
  // sum += x - origin, squares += (x - origin)^2
  void (*moments)(const T* x, std::int64_t n, std::int64_t width, const double* origin, double* sum, double* squares);
  void (*apply)(const T* x, std::int64_t n, std::int64_t width, const ChannelMap<A>& map, T* y);
  // sum += dy, product += dy * (x - mean)
  void (*products)(const T* dy, const T* x, std::int64_t n, std::int64_t width, const A* mean, double* sum,
                   double* product);
  void (*gradient)(const T* dy, const T* x, std::int64_t n, std::int64_t width, const ChannelGradient<A>& map, T* dx);
};

template <class T>
ChannelLoops<T> channel_loops();

}  // namespace weft::kernels
