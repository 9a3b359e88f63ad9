// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/formula/half.h"
#include "core/formula/program.h"

// Between storage types and the number types of programs: the rules of the `cast` op. Floating to integer truncates
// toward zero and saturates, NaN gives 0; anything but 0 is true; integer to integer keeps the low bits.
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

// x after a trip through a storage type and back.
template <class T>
WEFT_HD inline T round_to(Storage to, T x) {
  switch (to) {
    case Storage::kF32:
      return static_cast<T>(static_cast<float>(x));
    case Storage::kF64:
      return x;
    case Storage::kBF16:
      return static_cast<T>(static_cast<float>(convert<bf16>(x)));
    case Storage::kF16:
      return static_cast<T>(static_cast<float>(convert<f16>(x)));
    case Storage::kI32:
      return static_cast<T>(convert<int>(x));
    case Storage::kI64:
      return static_cast<T>(convert<long long>(x));
    case Storage::kU8:
      return static_cast<T>(convert<unsigned char>(x));
    case Storage::kBool:
      return static_cast<T>(convert<bool>(x));
  }
  return x;
}

// Calls f(pointer of the storage type) for a raw address.
template <class F>
WEFT_HD inline void with_storage(Storage storage, void* data, const F& f) {
  switch (storage) {
    case Storage::kF32:
      return f(static_cast<float*>(data));
    case Storage::kF64:
      return f(static_cast<double*>(data));
    case Storage::kBF16:
      return f(static_cast<bf16*>(data));
    case Storage::kF16:
      return f(static_cast<f16*>(data));
    case Storage::kI32:
      return f(static_cast<int*>(data));
    case Storage::kI64:
      return f(static_cast<long long*>(data));
    case Storage::kU8:
      return f(static_cast<unsigned char*>(data));
    case Storage::kBool:
      return f(static_cast<bool*>(data));
  }
}

}  // namespace weft
