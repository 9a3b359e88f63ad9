// SPDX-License-Identifier: Apache-2.0
#include "core/ops/build.h"

namespace weft::ops {

Value full(Builder& build, const Shape& shape, DType dtype, double value) {
  return build.emit("full", {}, {{"shape", shape.dims()}, {"dtype", dtype}, {"value", value}});
}

Value cast(Builder& build, Value x, DType dtype) {
  return build.dtype(x) == dtype ? x : build.emit("cast", {x}, {{"dtype", dtype}});
}

Value reshape(Builder& build, Value x, const Shape& shape) {
  return build.shape(x) == shape ? x : build.emit("reshape", {x}, {{"shape", shape.dims()}});
}

Value broadcast_to(Builder& build, Value x, const Shape& shape) {
  return build.shape(x) == shape ? x : build.emit("broadcast_to", {x}, {{"shape", shape.dims()}});
}

Value sum_keep(Builder& build, Value x, const Ints& axes) {
  return axes.empty() ? x : build.emit("sum", {x}, {{"axes", axes}, {"keep", true}});
}

Value sum_to(Builder& build, Value x, const Shape& shape) {
  const Shape from = build.shape(x);
  const int lead = from.rank() - shape.rank();
  Ints axes;
  for (int i = 0; i < from.rank(); ++i)
    if (i < lead || (shape[i - lead] == 1 && from[i] != 1)) axes.push_back(i);
  if (!axes.empty()) x = build.emit("sum", {x}, {{"axes", axes}, {"keep", false}});
  return reshape(build, x, shape);
}

}  // namespace weft::ops
