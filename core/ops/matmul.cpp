// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"

namespace weft::ops {
namespace {

Shape batch_of(const Shape& x) { return Shape({x.begin(), x.end() - 2}); }

std::string operand(const TensorSpec& x, bool transposed) { return x.shape.text() + (transposed ? " transposed" : ""); }

// Of the operands, or the attribute `dtype`: f32 for bf16 and f16, whose products are added up in it.
DType result_dtype(DType operands, const Attributes& attributes) {
  const DType asked = attributes.has("dtype") ? attributes.dtype("dtype") : operands;
  if (asked != operands && asked != wide(operands))
    fail<DTypeError>("matmul", "operands are ", operands, ", the result is wanted in ", asked, "; it may be ", operands,
                     " or ", wide(operands));
  return asked;
}

std::vector<TensorSpec> infer(Specs in, const Attributes& attributes) {
  expect_inputs("matmul", in, 2);
  const bool trans_a = attributes.flag("trans_a"), trans_b = attributes.flag("trans_b");
  const TensorSpec &a = in[0], &b = in[1];
  expect_floating("matmul", "lhs", a);
  expect_floating("matmul", "rhs", b);
  expect_same_dtype("matmul", a, b);
  if (a.shape.rank() < 2 || b.shape.rank() < 2)
    fail<ShapeError>("matmul", "operands are ", a.shape, " and ", b.shape, "; both need at least 2 axes");
  const std::int64_t m = a.shape[trans_a ? -1 : -2], k = a.shape[trans_a ? -2 : -1];
  const std::int64_t inner = b.shape[trans_b ? -1 : -2], n = b.shape[trans_b ? -2 : -1];
  if (k != inner)
    fail<ShapeError>("matmul", "inner sizes differ: lhs ", operand(a, trans_a), ", rhs ", operand(b, trans_b));
  std::vector<std::int64_t> dims = broadcast(batch_of(a.shape), batch_of(b.shape), "matmul").dims();
  dims.insert(dims.end(), {m, n});
  return {{Shape(std::move(dims)), result_dtype(a.dtype, attributes)}};
}

Value product(const GradientCall& call, Value a, Value b, bool trans_a, bool trans_b) {
  return call.build.emit(call.node.op, {a, b}, {{"trans_a", trans_a}, {"trans_b", trans_b}});
}

// (..., m, k) as (rows, k): what a matrix without batch axes sees of it.
Value rows_of(Builder& build, Value x) {
  const Shape shape = build.shape(x);
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape[i];
  return reshape(build, x, {rows, shape[-1]});
}

// With y = A B: dA = dy B^T and dB = A^T dy; the transposed operands swap both factors instead of copying.
std::vector<Value> gradient(const GradientCall& call) {
  const bool trans_a = call.node.attributes.flag("trans_a"), trans_b = call.node.attributes.flag("trans_b");
  Value a = call.inputs[0];
  const Value b = call.inputs[1];
  Value dy = cast(call.build, call.cotangents[0], call.build.dtype(a));
  std::vector<Value> out(2);
  if (call.wanted[0]) {
    const Value da = trans_a ? product(call, b, dy, trans_b, true) : product(call, dy, b, false, !trans_b);
    out[0] = sum_to(call.build, da, call.build.shape(a));
  }
  if (call.wanted[1]) {
    // One product over all rows instead of one per batch entry and their sum.
    if (call.build.shape(b).rank() == 2 && !trans_a) {
      a = rows_of(call.build, a);
      dy = rows_of(call.build, dy);
    }
    const Value db = trans_b ? product(call, dy, a, true, trans_a) : product(call, a, dy, !trans_a, false);
    out[1] = sum_to(call.build, db, call.build.shape(b));
  }
  return out;
}

}  // namespace

std::vector<OpDef> matmul_ops() {
  return {{.name = "matmul",
           .infer = infer,
           .gradient = gradient,
           .reads = Reads::kInputs,
           .linear_in = 3,
           .product = true}};
}

}  // namespace weft::ops
