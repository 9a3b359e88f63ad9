// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

Shape batch_of(const Shape& x) { return Shape({x.begin(), x.end() - 2}); }

std::string operand(const TensorSpec& x, bool transposed) { return x.shape.text() + (transposed ? " transposed" : ""); }

std::vector<TensorSpec> infer(Specs in, const Attributes& attributes) {
  expect_inputs("matmul", in, 2);
  const bool trans_a = attributes.boolean("trans_a"), trans_b = attributes.boolean("trans_b");
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
  return {{Shape(std::move(dims)), product_dtype("matmul", a.dtype, attributes)}};
}

Value product(const GradientCall& call, Value a, Value b, bool trans_a, bool trans_b) {
  return call.build.emit(call.node.op, {a, b}, {{"trans_a", trans_a}, {"trans_b", trans_b}});
}

// (..., m, k) as (rows, k), for a product with a matrix without batch axes.
Value rows_of(Builder& build, Value x) {
  const Shape shape = build.shape(x);
  std::int64_t rows = 1;
  for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape[i];
  return reshape(build, x, {rows, shape[-1]});
}

// y = A B gives dA = dy B^T and dB = A^T dy. A transposed operand swaps both factors, because that saves a copy.
std::vector<Value> gradient(const GradientCall& call) {
  const bool trans_a = call.node.attributes.boolean("trans_a"), trans_b = call.node.attributes.boolean("trans_b");
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

double product_flops(const Signature& node) {
  const Shape& a = node.input(0).shape;
  const std::int64_t inner = a[node.attributes.boolean("trans_a") ? -2 : -1];
  return 2 * static_cast<double>(inner) * static_cast<double>(node.outputs[0].shape.numel());
}

// Rows are kept along a batch axis, or as the rows of the left matrix.
std::vector<Rows> product_rows(const Signature& node, std::span<const Rows> rows) {
  const int rank = node.outputs[0].shape.rank();
  if (!any_carried(rows)) return {Rows::kNone};
  std::vector<Rows> batched;  // operands with the result's axis 0
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape& x = node.input(i).shape;
    const bool own = x.rank() == rank && (rank == 2 || x[0] != 1 || rows[i] == Rows::kCarried);
    if (rows[i] == Rows::kCarried && (!own || x[0] != node.outputs[0].shape[0])) return {Rows::kMixed};
    if (own) batched.push_back(rows[i]);
  }
  if (rank > 2) return {aligned(batched)};
  return {rows[0] == Rows::kCarried && rows[1] != Rows::kCarried && !node.attributes.boolean("trans_a") ? Rows::kCarried
                                                                                                        : Rows::kMixed};
}

OpFacts product_facts() {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kContraction;
  facts.flops = product_flops;
  facts.rows = product_rows;
  facts.half = multiplies_half();
  facts.epilogue = 2;
  return facts;
}

// FLOPs of a product, and of the sums of one operand over its inner axis.
double product_sums_flops(const Signature& node) {
  const auto operand = static_cast<std::size_t>(node.attributes.integer("operand"));
  return product_flops(node) + static_cast<double>(node.input(operand).shape.numel());
}

OpFacts product_sums_facts() {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kContraction;
  facts.flops = product_sums_flops;
  return facts;
}

std::vector<TensorSpec> product_sums_spec(Specs in, const Attributes& attributes) {
  const char* const op = "matmul_sums";
  std::vector<TensorSpec> out = infer(in, attributes);
  for (std::size_t i = 0; i < 2; ++i)
    if (in[i].shape.rank() != 2)
      fail<ShapeError>(op, i == 0 ? "lhs" : "rhs", " is ", in[i].shape, "; it must be a matrix");
  const std::int64_t operand = attributes.integer("operand");
  if (operand != 0 && operand != 1) fail<ValueError>(op, "operand is ", operand, "; it must be 0 or 1");
  out.push_back({{out[0].shape[static_cast<int>(operand)]}, out[0].dtype});
  return out;
}

}  // namespace

std::vector<OpDef> matmul_ops() {
  return {{.name = "matmul",
           .infer = infer,
           .facts = product_facts(),
           .gradient = gradient,
           .reads = Reads::kInputs,
           .linear_in = 3,
           .product = true},
          // Not differentiable, because only a pass makes it, after differentiation.
          {.name = "matmul_sums", .infer = product_sums_spec, .facts = product_sums_facts(), .differentiable = false}};
}

}  // namespace weft::ops
