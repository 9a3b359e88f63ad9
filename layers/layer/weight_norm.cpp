// SPDX-License-Identifier: Apache-2.0
#include "weft/weight_norm.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/init.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

// Sums of squares per index of `dim`.
Tensor squares_of(const Tensor& x, int dim) {
  std::vector<int> others;
  for (int i = 0; i < x.rank(); ++i)
    if (i != dim) others.push_back(i);
  const Tensor all = square(x);
  return others.empty() ? all : all.sum(others, true);
}

}  // namespace

Tensor weight_norm(const Tensor& direction, const Tensor& magnitude, int dim) {
  const Tensor squares = squares_of(direction, dim), some = greater(squares, 0.0);
  return direction * where(some, magnitude / sqrt(where(some, squares, 1.0)), 0.0);
}

Parameter magnitude_of(const Parameter& weight, int dim) {
  const int rank = weight.shape().rank();
  if (dim < 0 || dim >= rank)
    fail<ValueError>("weight_norm", "the weight is ", weight.shape(), " and dim is ", dim, "; it must be from 0 to ",
                     rank - 1);
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rank), 1);
  sizes[static_cast<std::size_t>(dim)] = weight.shape()[dim];
  const auto norms = [weight, dim](const Shape&, DType) { return sqrt(squares_of(weight.value(), dim)); };
  const Shape shape(std::move(sizes));
  return weight.initialized() ? Parameter(norms(shape, weight.dtype())) : Parameter(shape, {norms}, weight.dtype());
}

}  // namespace weft::detail
