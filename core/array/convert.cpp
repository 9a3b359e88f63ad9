// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/array/array.h"
#include "core/scalar/half.h"

namespace weft {

namespace {

// A bool as weft stores it: any byte but zero is true, because memory from outside may hold any byte.
struct Truth {
  unsigned char byte = 0;
};

// Calls body(T{}) with the storage type of a dtype.
template <class Body>
void with_type_of(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kF32:
      return body(float{});
    case DType::kF64:
      return body(double{});
    case DType::kBF16:
      return body(bf16{});
    case DType::kF16:
      return body(f16{});
    case DType::kI32:
      return body(std::int32_t{});
    case DType::kI64:
      return body(std::int64_t{});
    case DType::kU8:
      return body(std::uint8_t{});
    case DType::kBool:
      return body(Truth{});
  }
}

template <class T>
constexpr bool kHalf = std::is_same_v<T, bf16> || std::is_same_v<T, f16>;

// A number that C++ computes with.
template <class T>
auto loaded(T stored) {
  if constexpr (kHalf<T>) {
    return static_cast<float>(stored);
  } else if constexpr (std::is_same_v<T, Truth>) {
    return static_cast<std::uint8_t>(stored.byte != 0);
  } else {
    return stored;
  }
}

template <class Integer>
Integer truncated(double x) {
  using Limits = std::numeric_limits<Integer>;
  constexpr Integer kHalf = Limits::max() / 2 + 1;
  constexpr double kAboveMax = 2.0 * static_cast<double>(kHalf);  // a power of two, so exact
  if (std::isnan(x)) return 0;
  if (x <= static_cast<double>(Limits::min())) return Limits::min();
  if (x >= kAboveMax) return Limits::max();
  return static_cast<Integer>(x);
}

template <class To, class Number>
To stored(Number x) {
  if constexpr (std::is_same_v<To, Truth>) {
    return {static_cast<unsigned char>(x != 0)};
  } else if constexpr (kHalf<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<Number>) {
    return truncated<To>(static_cast<double>(x));
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace

void convert_host(void* to, DType to_dtype, const void* from, DType from_dtype, std::int64_t n) {
  with_type_of(from_dtype, [&](auto from_type) {
    with_type_of(to_dtype, [&](auto to_type) {
      const auto* const source = static_cast<const decltype(from_type)*>(from);
      auto* const target = static_cast<decltype(to_type)*>(to);
      for (std::int64_t i = 0; i < n; ++i) target[i] = stored<decltype(to_type)>(loaded(source[i]));
    });
  });
}

}  // namespace weft
