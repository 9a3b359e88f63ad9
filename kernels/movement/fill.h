// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <cstring>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "kernels/common/dispatch.h"

namespace weft::kernels {

// The i-th number of `iota` as T; half types round.
template <class T>
WEFT_HD inline T counted(std::int64_t i) {
  return static_cast<T>(i);
}
template <>
WEFT_HD inline bf16 counted<bf16>(std::int64_t i) {
  return bf16(static_cast<float>(i));
}
template <>
WEFT_HD inline f16 counted<f16>(std::int64_t i) {
  return f16(static_cast<float>(i));
}

// The element that `full` repeats, as the bytes of its dtype in the low end of the result.
inline std::uint64_t fill_bits(const exec::KernelRequest& request) {
  const DType dtype = request.outputs[0].dtype;
  const bool exact = request.attributes.has("integer");
  const std::int64_t integer = exact ? request.attributes.integer("integer") : 0;
  const double value = exact ? static_cast<double>(integer) : request.attributes.real("value");
  std::uint64_t bits = 0;
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    T element;
    if constexpr (std::is_integral_v<T>) {
      element = exact ? static_cast<T>(integer) : static_cast<T>(value);
    } else if constexpr (std::is_same_v<T, double>) {
      element = value;
    } else {
      element = T(static_cast<float>(value));
    }
    std::memcpy(&bits, &element, sizeof(T));
  });
  return bits;
}

}  // namespace weft::kernels
