// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// Element type of a tensor.
enum class DType : std::uint8_t {
  kF32,   // IEEE binary32
  kF64,   // IEEE binary64
  kBF16,  // the upper half of binary32
  kF16,   // IEEE binary16
  kI32,   // signed, 32 bits
  kI64,   // signed, 64 bits
  kU8,    // unsigned, 8 bits
  kBool,  // one byte, 0 or 1
};

// Number of enumerators of DType.
inline constexpr int kDTypeCount = 8;

// Bytes of one element.
std::size_t size_of(DType dtype);
// The short name: "f32", "f64", "bf16", "f16", "i32", "i64", "u8", "bool".
std::string_view name_of(DType dtype);
// The inverse of name_of(); throws FormatError for anything else.
DType parse_dtype(std::string_view name);
// f32, f64, bf16 or f16: the types that have gradients.
bool is_floating(DType dtype);

// Host types that a tensor's elements are read and written as. bf16 and f16 have none: convert with Tensor::to().
template <class T>
concept Element = std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> ||
    std::same_as<T, std::int64_t> || std::same_as<T, std::uint8_t> || std::same_as<T, bool>;

// The element type whose host type is T.
template <Element T>
constexpr DType dtype_of() {
  if constexpr (std::same_as<T, float>) return DType::kF32;
  if constexpr (std::same_as<T, double>) return DType::kF64;
  if constexpr (std::same_as<T, std::int32_t>) return DType::kI32;
  if constexpr (std::same_as<T, std::int64_t>) return DType::kI64;
  if constexpr (std::same_as<T, std::uint8_t>) return DType::kU8;
  return DType::kBool;
}

}  // namespace weft
