// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

// One bit per element of a matrix, as cuBLASLt lays out the mask of a ReLU. A row is a multiple of 128 bits, with
// column j in bit j % 8 of byte j / 8. The bits behind a row's columns mean nothing.
namespace weft {

constexpr std::int64_t bit_row_bytes(std::int64_t columns) { return (columns + 127) / 128 * 16; }

}  // namespace weft
