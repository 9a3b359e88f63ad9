// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/problem.h"

namespace weft::kernels {
namespace {

// The sizes between the first and the last axis, the last of them last.
void set_inner(std::int64_t (&sizes)[kSpatialAxes], const Shape& shape) {
  const int axes = shape.rank() - 2;
  for (int i = 0; i < axes; ++i) sizes[kSpatialAxes - axes + i] = shape[i + 1];
}

void set_all(std::int64_t (&entries)[kSpatialAxes], const ir::Ints& list) {
  const std::size_t axes = list.size();
  for (std::size_t i = 0; i < axes; ++i) entries[kSpatialAxes - axes + i] = list[i];
}

}  // namespace

ConvProblem conv_problem(const exec::KernelRequest& request) {
  const bool forward = request.op == ir::OpId::of("conv"), to_image = request.op == ir::OpId::of("conv_input_grad");
  const Shape& image = (to_image ? request.outputs[0] : request.inputs[0]).shape;
  const Shape& filter = (forward || to_image ? request.inputs[1] : request.outputs[0]).shape;
  const Shape& result = forward ? request.outputs[0].shape : request.inputs[to_image ? 0 : 1].shape;
  ConvProblem p;
  p.n = image[0];
  p.channels = image[-1];
  p.filters = filter[0];
  p.groups = request.attributes.integer("groups");
  set_inner(p.image, image);
  set_inner(p.window, filter);
  set_inner(p.result, result);
  set_all(p.stride, request.attributes.ints("strides"));
  set_all(p.dilation, request.attributes.ints("dilations"));
  set_all(p.low, request.attributes.ints("padding_low"));
  return p;
}

}  // namespace weft::kernels
