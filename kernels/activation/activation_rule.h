// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/bit_rows.h"
#include "core/scalar/elementwise.h"
#include "kernels/common/float_types.h"

// The arithmetic of both devices: of the eight columns that a byte of a mask stands for, or of one element.
namespace weft::kernels {

struct BitMatrix {
  std::int64_t rows = 0, columns = 0;

  WEFT_HD std::int64_t row_bytes() const { return bit_row_bytes(columns); }
  WEFT_HD std::int64_t bytes() const { return rows * row_bytes(); }
};

inline BitMatrix bit_matrix(const TensorSpec& matrix) { return {matrix.shape[0], matrix.shape[1]}; }

// Writes y = relu(x + bias) in the columns of byte `at` of the mask, and the byte: the bits of x + bias > 0. There may
// be no bias, and either result may be unwanted.
template <class Y>
WEFT_HD inline void relu_byte(const BitMatrix& p, std::int64_t at, const float* x, const float* bias, Y* y,
                              std::uint8_t* bits) {
  const std::int64_t row = at / p.row_bytes(), first = at % p.row_bytes() * 8;
  unsigned byte = 0;
  for (std::int64_t column = first; column < first + 8 && column < p.columns; ++column) {
    const std::int64_t i = row * p.columns + column;
    const float argument = bias ? x[i] + bias[column] : x[i];
    if (argument > 0) byte |= 1u << (column - first);
    if (y) y[i] = static_cast<Y>(Formula<Fn::kRelu>::value(argument));
  }
  if (bits) bits[at] = static_cast<std::uint8_t>(byte);
}

// Writes dx = dy where its bit is set, else 0, in the columns of byte `at`.
template <class T>
WEFT_HD inline void masked_byte(const BitMatrix& p, std::int64_t at, const T* dy, const std::uint8_t* bits, T* dx) {
  const std::int64_t row = at / p.row_bytes(), first = at % p.row_bytes() * 8;
  for (std::int64_t column = first; column < first + 8 && column < p.columns; ++column) {
    const std::int64_t i = row * p.columns + column;
    dx[i] = (bits[at] >> (column - first) & 1) != 0 ? dy[i] : static_cast<T>(Compute<T>{0});
  }
}

template <class T>
WEFT_HD inline T gelu_gradient(T dy, T x) {
  using A = Compute<T>;
  const auto argument = static_cast<A>(x);
  return static_cast<T>(static_cast<A>(dy) * Formula<Fn::kGeluTanh>::slope(argument, argument));
}

// Calls body(std::type_identity<T>) with the storage type of f32, bf16 or f16: a mask comes of no f64, for which
// with_floating() would make a kernel that nothing launches.
template <class Body>
decltype(auto) with_float_or_half(DType dtype, Body&& body) {
  if (dtype == DType::kBF16) return body(std::type_identity<bf16>{});
  if (dtype == DType::kF16) return body(std::type_identity<f16>{});
  return body(std::type_identity<float>{});
}

}  // namespace weft::kernels
