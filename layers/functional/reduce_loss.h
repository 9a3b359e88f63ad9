// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "layers/functional/wide.h"
#include "weft/reduction.h"
#include "weft/tensor.h"

// Shared parts of all losses: checks and the reduction.
namespace weft::detail {

// ShapeError unless both have one shape, because broadcasting (n, 1) against (n) is always a mistake here.
void check_same_shape(const Tensor& prediction, const Tensor& target, const char* op);
// ShapeError for an empty batch, because its mean would be NaN and show only later, as a loss.
void check_not_empty(const Tensor& x, const char* op, const char* what);

// The weights in the shape of the losses: (n) is repeated to (n, d). ShapeError for other shapes.
Tensor weights_for(const Tensor& losses, const Tensor& weight, const char* op);
// total / divisor, 0 where the divisor is 0.
Tensor mean_of_sum(const Tensor& total, const Tensor& divisor);
// The losses of elements or rows, weighted and reduced, in the dtype of `prediction`.
Tensor reduce_loss(const Tensor& losses, Reduction reduction, const Tensor& weight, const Tensor& prediction,
                   const char* op);

}  // namespace weft::detail
