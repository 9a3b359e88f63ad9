// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/rules.h"

// Short names for the nodes that gradient rules and decompositions add.
namespace weft::ops {

Value full(Builder& build, const Shape& shape, DType dtype, double value);
// x cast to the dtype; x itself if it has that dtype already.
Value cast(Builder& build, Value x, DType dtype);
// x in that shape; x itself if it has the shape already.
Value reshape(Builder& build, Value x, const Shape& shape);
Value broadcast_to(Builder& build, Value x, const Shape& shape);
// Sum over ascending axes, kept with size 1; x itself if there are no axes.
Value sum_keep(Builder& build, Value x, const Ints& axes);
// The adjoint of broadcasting: sums x over the axes along which a tensor of `shape` was repeated.
Value sum_to(Builder& build, Value x, const Shape& shape);

}  // namespace weft::ops
