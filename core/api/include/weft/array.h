// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Ops on arrays that are made of those in weft/ops.h. Any dtype unless said, negative axes from the end, errors as
// there.
namespace weft WEFT_EXPORT {

// 1 at (i, i), 0 elsewhere: (rows, columns); -1 columns: as many as rows.
[[nodiscard]] Tensor eye(std::int64_t rows, std::int64_t columns = -1, DType dtype = DType::kF32);
// `count` numbers at equal distances from the first to the last, both included; of one number the first. Floating.
[[nodiscard]] Tensor linspace(double first, double last, std::int64_t count, DType dtype = DType::kF32);
// x (..., rows, columns) with zeros above diagonal k, or below it. Diagonal 0 is the main one, 1 the one above it.
[[nodiscard]] Tensor tril(const Tensor& x, std::int64_t k = 0);
[[nodiscard]] Tensor triu(const Tensor& x, std::int64_t k = 0);
// From (n) the matrix with x on diagonal k; from a matrix its diagonal k.
[[nodiscard]] Tensor diag(const Tensor& x, std::int64_t k = 0);

// Elements moved `shift` places along an axis; those that leave at the end come in at the front.
[[nodiscard]] Tensor roll(const Tensor& x, std::int64_t shift, int axis = -1);
// Each element `times` times in a row along an axis, as numpy.repeat and torch.repeat_interleave.
[[nodiscard]] Tensor repeat(const Tensor& x, std::int64_t times, int axis = -1);
// x side by side, times[i] times along axis i; missing axes in front are added, as numpy.tile and torch.Tensor.repeat.
[[nodiscard]] Tensor tile(const Tensor& x, const std::vector<std::int64_t>& times);

// a[i] b[j] of two vectors: (n), (m) -> (n, m).
[[nodiscard]] Tensor outer(const Tensor& a, const Tensor& b);
// The vector product along an axis of size 3; the other axes broadcast.
[[nodiscard]] Tensor cross(const Tensor& a, const Tensor& b, int axis = -1);
// Products summed over the indices that the result lacks, as numpy.einsum: "ij,jk->ik", "bij->bji", "ii->i",
// "...i,...i->...". Letters name axes; sizes of 1 broadcast; without "->" the result has the letters that occur once,
// in alphabetical order. Operands are contracted from left to right, pairs with a common index by matmul().
[[nodiscard]] Tensor einsum(const std::string& subscripts, const std::vector<Tensor>& operands);

// The positions of the elements that are not 0: i64 (count, rank), in row-major order. TraceError while tracing,
// because the shape of the result depends on the data.
[[nodiscard]] Tensor nonzero(const Tensor& x);

}  // namespace weft
