// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "core/scalar/half.h"
#include "kernels/common/axis_split.h"

// Elements as unsigned numbers in the same order, so that one integer sort serves every dtype.
namespace weft::kernels {

// The key of an IEEE number from its `width` bits: negative numbers reversed below the positive ones, -0 as +0, every
// NaN on top. Without branches, because signs are random.
WEFT_HD inline std::uint64_t float_key(std::uint64_t bits, int width, std::uint64_t infinity) {
  const std::uint64_t sign = std::uint64_t{1} << (width - 1), all = sign | (sign - 1);
  const std::uint64_t negative = (std::uint64_t{0} - (bits >> (width - 1))) & all;
  const std::uint64_t nan = (std::uint64_t{0} - static_cast<std::uint64_t>((bits & (sign - 1)) > infinity)) & all;
  return ((bits ^ (negative | sign)) + static_cast<std::uint64_t>(bits == sign)) | nan;
}

template <class T>
WEFT_HD inline std::uint64_t key_of(T x);
template <>
WEFT_HD inline std::uint64_t key_of(float x) {
  return float_key(__builtin_bit_cast(std::uint32_t, x), 32, 0x7f800000u);
}
template <>
WEFT_HD inline std::uint64_t key_of(double x) {
  return float_key(__builtin_bit_cast(std::uint64_t, x), 64, 0x7ff0000000000000u);
}
template <>
WEFT_HD inline std::uint64_t key_of(bf16 x) {
  return float_key(x.bits, 16, 0x7f80u);
}
template <>
WEFT_HD inline std::uint64_t key_of(f16 x) {
  return float_key(x.bits, 16, 0x7c00u);
}
template <>
WEFT_HD inline std::uint64_t key_of(std::int32_t x) {
  return static_cast<std::uint32_t>(x) ^ 0x80000000u;
}
template <>
WEFT_HD inline std::uint64_t key_of(std::int64_t x) {
  return static_cast<std::uint64_t>(x) ^ 0x8000000000000000u;
}
template <>
WEFT_HD inline std::uint64_t key_of(std::uint8_t x) {
  return x;
}

// The key for descending order.
template <class T>
WEFT_HD inline std::uint64_t ordered_key(T x, bool descending) {
  constexpr std::uint64_t all = ~std::uint64_t{0} >> (64 - 8 * sizeof(T));
  return descending ? ~key_of(x) & all : key_of(x);
}

// A sort of every line along an axis, of which `keep` elements are wanted, those of rank `first` and behind it.
struct SortPlan {
  AxisSplit x;
  std::int64_t first, keep;
  bool descending;
};

inline SortPlan sort_plan(const exec::KernelRequest& request) {
  const AxisSplit x = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  return {x, 0, x.size, request.attributes.boolean("descending")};
}
inline SortPlan topk_plan(const exec::KernelRequest& request) {
  const AxisSplit x = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  return {x, request.attributes.integer("first"), request.attributes.integer("k"),
          request.attributes.boolean("largest")};
}

}  // namespace weft::kernels
