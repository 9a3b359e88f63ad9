// SPDX-License-Identifier: Apache-2.0
// Ops that a device's matrix library computes along with a product of the backward. Not differentiable, because only
// passes make these ops, after differentiation.
#include "core/base/check.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
#include "core/ops/rules.h"
#include "core/scalar/bit_rows.h"

namespace weft::ops {
namespace {

void expect_matrix(const char* op, const char* what, const TensorSpec& x) {
  expect_floating(op, what, x);
  if (x.shape.rank() != 2) fail<ShapeError>(op, what, " is ", x.shape, "; it must be a matrix");
}

TensorSpec bits_of(const Shape& matrix) { return {{matrix[0], bit_row_bytes(matrix[1])}, DType::kU8}; }

// relu(x + bias) as another dtype, and the bits of x + bias > 0.
std::vector<TensorSpec> bits_spec(Specs in, const Attributes& attributes) {
  const char* const op = "relu_bits";
  if (in.size() != 2) expect_inputs(op, in, 1);
  for (const TensorSpec& x : in)
    if (x.dtype != DType::kF32) fail<DTypeError>(op, "input is ", x, "; it must be f32");
  expect_matrix(op, "x", in[0]);
  const Shape& x = in[0].shape;
  if (in.size() == 2 && in[1].shape != Shape{x[1]} && in[1].shape != Shape{1, x[1]})
    fail<ShapeError>(op, "bias is ", in[1].shape, "; x is ", x, ", so it must be (", x[1], ",)");
  const DType result = attributes.dtype("dtype");
  if (wide(result) != DType::kF32) fail<DTypeError>(op, "result is ", result, "; it must be f32, bf16 or f16");
  return {{x, result}, bits_of(x)};
}

// dy where its bit is set, else 0.
std::vector<TensorSpec> bits_grad_spec(Specs in, const Attributes&) {
  const char* const op = "relu_bits_grad";
  expect_inputs(op, in, 2);
  expect_matrix(op, "dy", in[0]);
  if (in[1] != bits_of(in[0].shape))
    fail<ShapeError>(op, "bits are ", in[1], ", want ", bits_of(in[0].shape), " for dy ", in[0].shape);
  return {in[0]};
}

// dy times the slope of gelu_tanh at x.
std::vector<TensorSpec> gelu_grad_spec(Specs in, const Attributes&) {
  const char* const op = "gelu_tanh_grad";
  expect_inputs(op, in, 2);
  expect_matrix(op, "dy", in[0]);
  expect_same_dtype(op, in[0], in[1]);
  expect_shape(op, "x", in[1], in[0].shape);
  return {in[0]};
}

OpFacts library_facts(double flops_per_element, RowsRule rows) {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_input_element(flops_per_element);
  facts.rows = std::move(rows);
  facts.library_epilogue = true;
  return facts;
}

}  // namespace

std::vector<OpDef> gradient_epilogue_ops() {
  const OpFacts bits = library_facts(2, rows_broadcast());  // add, maximum
  const OpFacts bits_grad = library_facts(1, rows_aligned());
  const OpFacts gelu_grad = library_facts(20 + kTranscendentalFlops, rows_aligned());
  return {{.name = "relu_bits", .infer = bits_spec, .facts = bits, .differentiable = false},
          {.name = "relu_bits_grad", .infer = bits_grad_spec, .facts = bits_grad, .differentiable = false},
          {.name = "gelu_tanh_grad", .infer = gelu_grad_spec, .facts = gelu_grad, .differentiable = false}};
}

}  // namespace weft::ops
