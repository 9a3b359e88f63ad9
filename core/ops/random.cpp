// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/families.h"
#include "core/ops/rules.h"

namespace weft::ops {
namespace {

auto draw_spec(const char* op) {
  return [op](Specs in, const Attributes& attributes) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    expect_state(op, in[0]);
    const TensorSpec out{attributes.shape("shape"), attributes.dtype("dtype")};
    expect_sizes(op, out.shape);
    expect_floating(op, "the result", out);
    return {out};
  };
}

std::vector<TensorSpec> dropout_spec(Specs in, const Attributes& attributes) {
  expect_inputs("dropout", in, 2);
  expect_floating("dropout", "input", in[0]);
  expect_state("dropout", in[1]);
  const double rate = attributes.real("rate");
  if (!(rate >= 0 && rate < 1)) fail<ValueError>("dropout", "rate is ", rate, "; it must lie in [0, 1)");
  return {in[0]};
}

// The mask is drawn again from the same state, so nothing of the forward pass has to be kept.
std::vector<Value> dropout_gradient(const GradientCall& call) {
  return {call.build.emit(call.node.op, {call.cotangents[0], call.inputs[1]}, call.node.attributes), {}};
}

}  // namespace

std::vector<OpDef> random_ops() {
  return {
      {.name = "uniform", .infer = draw_spec("uniform"), .differentiable = false},
      {.name = "normal", .infer = draw_spec("normal"), .differentiable = false},
      {.name = "dropout", .infer = dropout_spec, .gradient = dropout_gradient, .reads = Reads::kInputs, .linear_in = 1},
  };
}

}  // namespace weft::ops
