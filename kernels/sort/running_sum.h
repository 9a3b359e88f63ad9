// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <type_traits>

#include "core/scalar/annotate.h"
#include "core/scalar/half.h"

namespace weft::kernels {

// The type of a running sum of T: f64 for all floats, because a sum over a long line then rounds once, at the store.
template <class T>
using RunningSum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

template <class T>
WEFT_HD inline RunningSum<T> to_sum(T x) {
  if constexpr (sizeof(T) == 2) {
    return static_cast<float>(x);
  } else {
    return static_cast<RunningSum<T>>(x);
  }
}

template <class T>
WEFT_HD inline T to_element(RunningSum<T> sum) {
  if constexpr (sizeof(T) == 2) {
    return T(static_cast<float>(sum));
  } else {
    return static_cast<T>(sum);
  }
}

}  // namespace weft::kernels
