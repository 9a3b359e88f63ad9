// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/half.h"

// Conversion between storage types and the number types of programs, by the rules of the `cast` op. Floating to integer
// truncates toward zero and saturates, NaN gives 0; anything but 0 is true; integer to integer keeps the low bits.
namespace weft {

template <class To, class From>
WEFT_HD inline To convert(From x) {
  constexpr bool from_floating = __is_same(From, float) || __is_same(From, double);
  if constexpr (__is_same(To, bool)) {
    return x != From(0);
  } else if constexpr (__is_same(To, bf16) || __is_same(To, f16)) {
    return To(static_cast<float>(x));
  } else if constexpr (__is_same(From, bf16) || __is_same(From, f16)) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (__is_same(From, bool)) {
    return static_cast<To>(static_cast<int>(x));  // compilers make vectors of two steps, and none of one
  } else if constexpr (from_floating && !__is_same(To, float) && !__is_same(To, double)) {
    // The bounds are powers of two, hence exact in both floating types.
    constexpr int bits = static_cast<int>(sizeof(To)) * 8;
    constexpr bool has_sign = static_cast<To>(-1) < static_cast<To>(0);
    constexpr From high = static_cast<From>(1ull << (bits - 1)) * (has_sign ? From(1) : From(2));
    constexpr To most = static_cast<To>(has_sign ? ~0ull >> (65 - bits) : ~0ull >> (64 - bits));
    if (x != x) return To(0);
    if (x >= high) return most;
    if (x <= (has_sign ? -high : From(0))) return has_sign ? static_cast<To>(-most - 1) : To(0);
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace weft
