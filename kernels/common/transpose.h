// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace weft::kernels {

// to[c][r] = from[r][c] for a (rows, cols) matrix; the steps lead from one row to the next in either. Bits are kept, so
// that the elements may be any type of 4 bytes.
void transpose(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, float* to,
               std::int64_t to_step);

}  // namespace weft::kernels
