// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

// Resampling along one axis, y = W x with a sparse matrix W that attributes describe; resample_grad is W^T y. Each is
// the other's derivative. Method, with the source s of output o: "nearest" and "nearest_exact" take element floor(s);
// "linear" and "cubic" weigh the 2 or 4 elements around s; "area" is the mean of an equal share of the axis.
namespace weft::ops {
namespace {

bool is_nearest(const Attributes& attributes) {
  const auto& method = attributes.get<std::string>("method");
  return method == "nearest" || method == "nearest_exact";
}

void expect_method(const std::string& op, const Attributes& attributes) {
  const auto& method = attributes.get<std::string>("method");
  if (!is_nearest(attributes) && method != "linear" && method != "cubic" && method != "area")
    fail<ValueError>(op, "method is \"", method, "\"; it must be nearest, nearest_exact, linear, cubic or area");
  static_cast<void>(attributes.boolean("align_corners"));
  const double scale = attributes.real("scale");
  if (!(scale >= 0) || std::isinf(scale))
    fail<ValueError>(op, "scale is ", scale, "; it must be positive and finite, or 0 for the quotient of the sizes");
}

// x with the axis in another size, both of which must be positive.
TensorSpec resampled(const char* op, const TensorSpec& x, const Attributes& attributes, const char* size_name) {
  expect_method(op, attributes);
  const std::int64_t axis = attributes.integer("axis"), size = attributes.integer(size_name);
  expect_axis(op, axis, x.shape);
  if (x.shape[static_cast<int>(axis)] < 1 || size < 1)
    fail<ShapeError>(op, "axis ", axis, " of ", x.shape, " is to have ", size,
                     " elements; both sizes must be positive");
  return {with_size(x.shape, axis, size), x.dtype};
}

std::vector<TensorSpec> resample_spec(Specs in, const Attributes& attributes) {
  expect_inputs("resample", in, 1);
  const TensorSpec y = resampled("resample", in[0], attributes, "outputs");
  if (!is_nearest(attributes)) expect_floating("resample", "input", in[0]);
  return {y};
}

std::vector<TensorSpec> resample_grad_spec(Specs in, const Attributes& attributes) {
  expect_inputs("resample_grad", in, 1);
  expect_floating("resample_grad", "cotangent", in[0]);
  return {resampled("resample_grad", in[0], attributes, "inputs")};
}

// The attributes of the adjoint, which gives as many elements along the axis as the op takes.
Attributes turned(const GradientCall& call, const char* of, const char* to) {
  Attributes attributes;
  for (const auto& [name, value] : call.node.attributes.rows())
    if (name != of) attributes.set(name, value);
  attributes.set(to, call.build.shape(call.node.inputs[0])[static_cast<int>(attributes.integer("axis"))]);
  return attributes;
}

std::vector<Value> resample_gradient(const GradientCall& call) {
  return {call.build.emit("resample_grad", {call.cotangents[0]}, turned(call, "outputs", "inputs"))};
}

std::vector<Value> resample_grad_gradient(const GradientCall& call) {
  return {call.build.emit("resample", {call.cotangents[0]}, turned(call, "inputs", "outputs"))};
}

// A multiply-add for each entry of the matrix: `sampled` is the operand or result with a row for each output.
double matrix_flops(const Signature& node, const Shape& elements, const Shape& sampled) {
  const auto& method = node.attributes.get<std::string>("method");
  const auto entries = static_cast<double>(sampled.numel());
  if (method == "linear") return 4 * entries;
  if (method == "cubic") return 8 * entries;
  return is_nearest(node.attributes) ? entries : static_cast<double>(std::max(elements.numel(), sampled.numel()));
}

OpFacts resample_facts(FlopsRule flops) {
  OpFacts facts = opaque_facts();
  facts.flops = std::move(flops);
  facts.rows = rows_beside_axis();
  facts.half = takes_as_stored(1);
  return facts;
}

}  // namespace

std::vector<OpDef> resample_ops() {
  return {
      {.name = "resample",
       .infer = resample_spec,
       .facts = resample_facts(
           [](const Signature& node) { return matrix_flops(node, node.input(0).shape, node.outputs[0].shape); }),
       .gradient = resample_gradient,
       .linear_in = 1},
      {.name = "resample_grad",
       .infer = resample_grad_spec,
       .facts = resample_facts(
           [](const Signature& node) { return matrix_flops(node, node.outputs[0].shape, node.input(0).shape); }),
       .gradient = resample_grad_gradient,
       .linear_in = 1},
  };
}

}  // namespace weft::ops
