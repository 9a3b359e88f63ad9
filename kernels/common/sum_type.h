// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"

namespace weft::kernels {

// The type that adds up elements of T: f32 for half types, unsigned types for integers because those wrap around.
template <class T>
struct SumOf;
template <>
struct SumOf<float> {
  using type = float;
};
template <>
struct SumOf<double> {
  using type = double;
};
template <>
struct SumOf<bf16> {
  using type = float;
};
template <>
struct SumOf<f16> {
  using type = float;
};
template <>
struct SumOf<std::int32_t> {
  using type = std::uint32_t;
};
template <>
struct SumOf<std::int64_t> {
  using type = std::uint64_t;
};
template <>
struct SumOf<std::uint8_t> {
  using type = std::uint32_t;
};
template <class T>
using Sum = typename SumOf<T>::type;

}  // namespace weft::kernels
