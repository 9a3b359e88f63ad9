// SPDX-License-Identifier: Apache-2.0
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

auto softmax_spec(const char* op) {
  return [op](Specs in, const Attributes& attributes) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    expect_floating(op, "input", in[0]);
    expect_axis(op, attributes.integer("axis"), in[0].shape);
    return {in[0]};
  };
}

// dx = y (dy - sum(dy y))
std::vector<Value> softmax_gradient(const GradientCall& call) {
  const Ex y = widened(call.build, call.outputs[0]), dy = widened(call.build, call.cotangents[0]);
  const Ex dx = y * (dy - sum(dy * y, {call.node.attributes.integer("axis")}));
  return {cast(dx, call.node.outputs[0].dtype).value()};
}

// dx = dy - e^y sum(dy)
std::vector<Value> log_softmax_gradient(const GradientCall& call) {
  const Ex y = widened(call.build, call.outputs[0]), dy = widened(call.build, call.cotangents[0]);
  const Ex dx = dy - exp(y) * sum(dy, {call.node.attributes.integer("axis")});
  return {cast(dx, call.node.outputs[0].dtype).value()};
}

// FLOPs are max, subtract, exp, add, divide; log_softmax subtracts instead of dividing.
OpFacts softmax_facts() {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_input_element(4 + kTranscendentalFlops);
  facts.rows = rows_beside_axis();
  return facts;
}

}  // namespace

std::vector<OpDef> softmax_ops() {
  return {
      {.name = "softmax",
       .infer = softmax_spec("softmax"),
       .facts = softmax_facts(),
       .gradient = softmax_gradient,
       .reads = Reads::kOutputs},
      {.name = "log_softmax",
       .infer = softmax_spec("log_softmax"),
       .facts = softmax_facts(),
       .gradient = log_softmax_gradient,
       .reads = Reads::kOutputs},
  };
}

}  // namespace weft::ops
