// SPDX-License-Identifier: Apache-2.0
#include "layers/functional/reduce_loss.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::detail {
Tensor weights_for(const Tensor& losses, const Tensor& weight, const char* op) {
  const Shape &given = weight.shape(), &wanted = losses.shape();
  if (given.rank() > wanted.rank() || !std::equal(given.begin(), given.end(), wanted.begin()))
    fail<ShapeError>(op, "weight is ", given, ", the losses are ", wanted,
                     "; weights have the shape of the losses or that of their first axes");
  std::vector<std::int64_t> dims = given.dims();
  dims.resize(static_cast<std::size_t>(wanted.rank()), 1);
  return broadcast_to(weight.reshape(Shape(std::move(dims))).to(losses.dtype()), wanted);
}

Tensor only_weight(const Tensor& of_settings, const Tensor& given) {
  if (of_settings.defined())
    fail<ValueError>("loss", "the rows have weights ", given.shape(), ", the settings of the loss ",
                     of_settings.shape(), "; give one of them");
  return given;
}

void check_same_shape(const Tensor& prediction, const Tensor& target, const char* op) {
  if (prediction.shape() != target.shape())
    fail<ShapeError>(op, "prediction is ", prediction.shape(), ", target is ", target.shape(),
                     ", both must have one shape");
}

void check_not_empty(const Tensor& x, const char* op, const char* what) {
  if (x.numel() == 0) fail<ShapeError>(op, what, " ", x.shape(), "; an empty batch has no mean");
}

Tensor mean_of_sum(const Tensor& total, const Tensor& divisor) { return total / where(equal(divisor, 0), 1, divisor); }

Tensor reduce_loss(const Tensor& losses, Reduction reduction, const Tensor& weight, const Tensor& prediction,
                   const char* op) {
  const Tensor weights = weight.defined() ? weights_for(losses, weight, op) : Tensor();
  const Tensor weighted = weight.defined() ? losses * weights : losses;
  switch (reduction) {
    case Reduction::kMean:
      check_not_empty(prediction, op, "prediction is");
      return in_dtype_of(prediction, weight.defined() ? mean_of_sum(weighted.sum(), weights.sum()) : weighted.mean());
    case Reduction::kSum:
      return in_dtype_of(prediction, weighted.sum());
    case Reduction::kNone:
      break;
  }
  return in_dtype_of(prediction, weighted);
}

}  // namespace weft::detail
