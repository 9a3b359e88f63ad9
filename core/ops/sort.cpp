// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

std::vector<TensorSpec> sort_spec(Specs in, const Attributes& attributes) {
  expect_inputs("sort", in, 1);
  expect_axis("sort", attributes.integer("axis"), in[0].shape);
  return {in[0], {in[0].shape, DType::kI64}};
}

std::vector<TensorSpec> topk_spec(Specs in, const Attributes& attributes) {
  expect_inputs("topk", in, 1);
  const std::int64_t axis = attributes.integer("axis"), k = attributes.integer("k"),
                     first = attributes.integer("first");
  expect_axis("topk", axis, in[0].shape);
  const std::int64_t size = in[0].shape[static_cast<int>(axis)];
  if (k < 0 || k > size)
    fail<ValueError>("topk", "k is ", k, "; axis ", axis, " of ", in[0].shape, " allows 0 to ", size);
  if (first < 0 || first > size - k)
    fail<ValueError>("topk", "ranks are ", first, " to ", first + k, "; axis ", axis, " of ", in[0].shape, " has ",
                     size);
  const Shape out = with_size(in[0].shape, axis, k);
  return {{out, in[0].dtype}, {out, DType::kI64}};
}

std::vector<TensorSpec> unique_spec(Specs in, const Attributes&) {
  expect_inputs("unique", in, 1);
  if (in[0].shape.rank() != 1) fail<ShapeError>("unique", "input is ", in[0].shape, "; it must have one axis");
  const TensorSpec places{in[0].shape, DType::kI64};
  return {in[0], places, places, {{}, DType::kI64}};
}

// The cotangent of a value goes back to where the value came from.
std::vector<Value> ordered_gradient(const GradientCall& call) {
  const TensorSpec x = call.build.spec(call.node.inputs[0]);
  return {call.build.emit("scatter_add", {full(call.build, x.shape, x.dtype, 0), call.outputs[1], call.cotangents[0]},
                          {{"axis", call.node.attributes.integer("axis")}})};
}

OpFacts ordered_facts() {
  OpFacts facts = opaque_facts();
  facts.rows = rows_beside_axis();
  return facts;
}

}  // namespace

std::vector<OpDef> sort_ops() {
  return {
      {.name = "sort",
       .infer = sort_spec,
       .facts = ordered_facts(),
       .gradient = ordered_gradient,
       .reads = Reads::kOutputs},
      {.name = "topk",
       .infer = topk_spec,
       .facts = ordered_facts(),
       .gradient = ordered_gradient,
       .reads = Reads::kOutputs},
      {.name = "unique", .infer = unique_spec, .facts = opaque_facts(), .differentiable = false},
  };
}

}  // namespace weft::ops
