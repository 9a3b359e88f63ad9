// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace weft::kernels {

// out[j] = sum_i x[i] rows[j * step + i] for j in [0, count) and i in [0, n): the product of a vector and a transposed
// matrix, which is bound by reading the matrix. T is float or double.
template <class T>
void dots(const T* x, const T* rows, std::int64_t step, std::int64_t count, std::int64_t n, T* out);

}  // namespace weft::kernels
