// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
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

std::vector<TensorSpec> log_gamma_draw_spec(Specs in, const Attributes& attributes) {
  std::vector<TensorSpec> out = draw_spec("log_gamma_draw")(in, attributes);
  if (out[0].dtype != DType::kF32 && out[0].dtype != DType::kF64)
    fail<DTypeError>("log_gamma_draw", "the result is ", out[0].dtype, "; it must be f32 or f64");
  const double k = attributes.real("k");
  if (!(k > 0 && std::isfinite(k))) fail<ValueError>("log_gamma_draw", "k is ", k, "; it must be positive and finite");
  return out;
}

std::vector<TensorSpec> dropout_spec(Specs in, const Attributes& attributes) {
  expect_inputs("dropout", in, 2);
  expect_floating("dropout", "input", in[0]);
  expect_state("dropout", in[1]);
  const double rate = attributes.real("rate");
  if (!(rate >= 0 && rate < 1)) fail<ValueError>("dropout", "rate is ", rate, "; it must lie in [0, 1)");
  return {in[0]};
}

// The mask is drawn again from the same state, so that the forward keeps nothing.
std::vector<Value> dropout_gradient(const GradientCall& call) {
  return {call.build.emit(call.node.op, {call.cotangents[0], call.inputs[1]}, call.node.attributes), {}};
}

// y = x * factor, with factor = draw >= rate ? 1 / (1 - rate) : 0.
std::vector<Value> dropout_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Ex x = widened(build, in[0]);
  const double rate = attributes.real("rate");
  const Ex draw(build, build.emit("uniform", {in[1]},
                                  {{"shape", build.shape(in[0]).dims()},
                                   {"dtype", DType::kF32},
                                   {"ordinal", attributes.integer("ordinal")}}));
  // The smallest float at or above the rate: for an f32 draw, draw >= threshold is the same as draw >= rate.
  float threshold = static_cast<float>(rate);
  if (threshold < rate) threshold = std::nextafterf(threshold, 1.0f);
  // A node, not an Ex choice, because a choice would give 0 where x * 0 is -0 or NaN.
  const Ex kept = draw >= like(draw, threshold), scale = like(x, 1 / (1 - rate)), zero = like(x, 0);
  const Ex factor(build, build.emit("where", {kept.value(), scale.value(), zero.value()}));
  return {cast(x * factor, build.dtype(in[0])).value()};
}

OpFacts draw_facts() {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kDraw;
  return facts;
}

// Rows are kept, because element i of the mask is draw i: padding behind the rows does not change their draws.
OpFacts dropout_facts() {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kElementwise;
  facts.flops = flops_per_input_element(2);  // compare, scale
  facts.in_place = in_place(0, 0);
  facts.rows = rows_kept([](const Signature&) { return true; });
  facts.half = may_round_result();
  facts.runs = Runs::kPartsWhereFused;
  return facts;
}

}  // namespace

std::vector<OpDef> random_ops() {
  return {
      {.name = "uniform", .infer = draw_spec("uniform"), .facts = draw_facts(), .differentiable = false},
      {.name = "normal", .infer = draw_spec("normal"), .facts = draw_facts(), .differentiable = false},
      // Logarithms of Gamma(k, 1) draws, f32 or f64, because a small k gives draws too small for any float.
      {.name = "log_gamma_draw", .infer = log_gamma_draw_spec, .facts = draw_facts(), .differentiable = false},
      {.name = "dropout",
       .infer = dropout_spec,
       .facts = dropout_facts(),
       .gradient = dropout_gradient,
       .reads = Reads::kInputs,
       .linear_in = 1,
       .decompose = dropout_decompose},
  };
}

}  // namespace weft::ops
