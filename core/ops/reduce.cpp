// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

namespace weft::ops {
namespace {

enum class Form { kSum, kMean, kExtremum };

auto reduction_spec(const char* op, Form form) {
  return [op, form](Specs in, const Attributes& attributes) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    const Ints& axes = attributes.ints("axes");
    expect_axes(op, axes, in[0].shape);
    if (form == Form::kMean) expect_floating(op, "input", in[0]);
    if (form == Form::kExtremum && count_over(in[0].shape, axes) == 0)
      fail<ShapeError>(op, "input is ", in[0].shape, "; no elements have no ", op);
    const bool counts = form == Form::kSum && !is_floating(in[0].dtype);
    return {{reduced(in[0].shape, axes, attributes.boolean("keep")), counts ? DType::kI64 : in[0].dtype}};
  };
}

std::vector<TensorSpec> variance_spec(Specs in, const Attributes& attributes) {
  if (attributes.integer("correction") < 0)
    fail<ValueError>("variance", "correction is ", attributes.integer("correction"), "; it must not be negative");
  return reduction_spec("variance", Form::kMean)(in, attributes);
}

auto argument_spec(const char* op) {
  return [op](Specs in, const Attributes& attributes) -> std::vector<TensorSpec> {
    expect_inputs(op, in, 1);
    const std::int64_t axis = attributes.integer("axis");
    expect_axis(op, axis, in[0].shape);
    if (in[0].shape[static_cast<int>(axis)] == 0)
      fail<ShapeError>(op, "input is ", in[0].shape, "; no elements have no ", op);
    return {{reduced(in[0].shape, {axis}, attributes.boolean("keep")), DType::kI64}};
  };
}

std::vector<TensorSpec> cumsum_spec(Specs in, const Attributes& attributes) {
  expect_inputs("cumsum", in, 1);
  expect_axis("cumsum", attributes.integer("axis"), in[0].shape);
  if (in[0].dtype == DType::kBool) fail<DTypeError>("cumsum", "input is ", in[0], "; bool is not allowed");
  return {in[0]};
}

// Operands of a reduction's gradient; dy has size 1 along the reduced axes.
struct Reduction {
  explicit Reduction(const GradientCall& call)
      : build(call.build),
        axes(call.node.attributes.ints("axes")),
        shape(build.shape(call.node.inputs[0])),
        dtype(build.dtype(call.node.inputs[0])),
        kept(reduced(shape, axes, true)),
        dy(reshape(widened(build, call.cotangents[0]), kept)) {}
  std::vector<Value> result(const Ex& dx) const { return {broadcast_to(build, cast(dx, dtype).value(), shape)}; }

  Builder& build;
  Ints axes;
  Shape shape;
  DType dtype;
  Shape kept;
  Ex dy;
};

std::vector<Value> sum_gradient(const GradientCall& call) {
  const Reduction r(call);
  return r.result(r.dy);
}

std::vector<Value> mean_gradient(const GradientCall& call) {
  const Reduction r(call);
  const auto count = static_cast<double>(count_over(r.shape, r.axes));
  return r.result(r.dy / like(r.dy, count));
}

// Elements that equal the extremum share its cotangent equally.
std::vector<Value> extremum_gradient(const GradientCall& call) {
  const Reduction r(call);
  const Ex x(r.build, call.inputs[0]);
  const Ex hit = x == reshape(Ex(r.build, call.outputs[0]), r.kept);
  const Ex ties = cast(sum(cast(hit, DType::kI64), r.axes), r.dy.dtype());
  return r.result(select(hit, r.dy / ties, like(r.dy, 0)));
}

// The reduced axes as one, behind the others.
Value reduced_last(Builder& build, Value x, const Ints& axes) {
  const Shape shape = build.shape(x);
  Ints perm;
  std::vector<std::int64_t> dims;
  for (int i = 0; i < shape.rank(); ++i) {
    if (std::binary_search(axes.begin(), axes.end(), i)) continue;
    perm.push_back(i);
    dims.push_back(shape[i]);
  }
  perm.insert(perm.end(), axes.begin(), axes.end());
  dims.push_back(count_over(shape, axes));
  return reshape(build, build.emit("transpose", {x}, {{"perm", perm}}), Shape(std::move(dims)));
}

// Elements [begin, end) of the last axis.
Value part_of_last(Builder& build, Value x, std::int64_t begin, std::int64_t end) {
  Ints low(build.shape(x).dims().size(), 0), high = build.shape(x).dims();
  const Ints step(low.size(), 1);
  low.back() = begin;
  high.back() = end;
  return build.emit("slice", {x}, {{"begin", low}, {"end", high}, {"step", step}});
}

// Products of halves, of their halves and so on, from which all derivatives follow: nothing is divided, so that zeros
// need no case of their own. f64, because parts may leave f32's range where the whole does not.
std::vector<Value> product_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const TensorSpec given = build.spec(in[0]);
  const Ints& axes = attributes.ints("axes");
  const Shape result = reduced(given.shape, axes, attributes.boolean("keep"));
  const bool floating = is_floating(given.dtype);
  const DType dtype = floating ? given.dtype : DType::kI64;
  Value x = reduced_last(build, cast(build, in[0], floating ? DType::kF64 : DType::kI64), axes);
  std::int64_t n = count_over(given.shape, axes);
  if (n == 0) return {full(build, result, dtype, 1)};
  while (n > 1) {
    const std::int64_t half = n / 2, rest = n - 2 * half;
    Value y = build.emit("multiply", {part_of_last(build, x, 0, half), part_of_last(build, x, half, 2 * half)});
    if (rest > 0)
      y = build.emit("concat", {y, part_of_last(build, x, 2 * half, n)},
                     {{"axis", std::int64_t{build.shape(y).rank() - 1}}});
    x = y;
    n = half + rest;
  }
  return {cast(build, reshape(build, x, result), dtype)};
}

std::vector<Value> variance_gradient(const GradientCall& call) {
  const Reduction r(call);
  const Ex x = widened(r.build, call.inputs[0]);
  const std::int64_t freedom = count_over(r.shape, r.axes) - call.node.attributes.integer("correction");
  const double scale = 2.0 / static_cast<double>(std::max<std::int64_t>(freedom, 0));
  return r.result(r.dy * like(x, scale) * (x - mean(x, r.axes)));
}

std::vector<Value> logsumexp_gradient(const GradientCall& call) {
  const Reduction r(call);
  const Ex x = widened(r.build, call.inputs[0]);
  const Ex y = reshape(widened(r.build, call.outputs[0]), r.kept);
  // Elements that are all -inf have no share of their sum, 0; -inf - -inf would be NaN.
  const Ex shift = select(y == like(y, -std::numeric_limits<double>::infinity()), like(y, 0), y);
  return r.result(r.dy * exp(x - shift));
}

std::vector<Value> cumsum_gradient(const GradientCall& call) {
  Attributes attributes = call.node.attributes;
  attributes.set("reverse", !attributes.boolean("reverse"));
  return {call.build.emit(call.node.op, {call.cotangents[0]}, attributes)};
}

std::vector<Value> mean_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Value total = build.emit("sum", {in[0]}, attributes);
  const auto count = static_cast<double>(count_over(build.shape(in[0]), attributes.ints("axes")));
  return {build.emit("divide", {total, full(build, {}, build.dtype(total), count)})};
}

OpFacts reduction_facts(double flops_per_element, RowsRule rows = rows_beside_axes()) {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kReduction;
  facts.flops = flops_per_input_element(flops_per_element);
  facts.rows = std::move(rows);
  return facts;
}

// Only f32 and f64 become sum / count, because a 16-bit sum would be rounded before the division.
OpFacts mean_facts() {
  OpFacts facts = reduction_facts(1);
  facts.runs = Runs::kWidePartsWhereFused;
  return facts;
}

OpFacts cumsum_facts() {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_input_element(1);
  facts.rows = rows_beside_axis();
  return facts;
}

}  // namespace

std::vector<OpDef> reduce_ops() {
  return {
      {.name = "sum",
       .infer = reduction_spec("sum", Form::kSum),
       .facts = reduction_facts(1),
       .gradient = sum_gradient,
       .linear_in = 1},
      {.name = "mean",
       .infer = reduction_spec("mean", Form::kMean),
       .facts = mean_facts(),
       .gradient = mean_gradient,
       .linear_in = 1,
       .decompose = mean_decompose},
      {.name = "max",
       .infer = reduction_spec("max", Form::kExtremum),
       .facts = reduction_facts(1),
       .gradient = extremum_gradient,
       .reads = Reads::kBoth},
      {.name = "min",
       .infer = reduction_spec("min", Form::kExtremum),
       .facts = reduction_facts(1),
       .gradient = extremum_gradient,
       .reads = Reads::kBoth},
      {.name = "prod",
       .infer = reduction_spec("prod", Form::kSum),
       .facts = reduction_facts(1),
       .decompose = product_decompose},
      {.name = "argmax",
       .infer = argument_spec("argmax"),
       .facts = reduction_facts(1, rows_beside_axis()),
       .differentiable = false},
      {.name = "argmin",
       .infer = argument_spec("argmin"),
       .facts = reduction_facts(1, rows_beside_axis()),
       .differentiable = false},
      {.name = "variance",
       .infer = variance_spec,
       .facts = reduction_facts(4),  // the mean, then subtract, square and add
       .gradient = variance_gradient,
       .reads = Reads::kInputs},
      {.name = "logsumexp",
       .infer = reduction_spec("logsumexp", Form::kMean),
       .facts = reduction_facts(3 + kTranscendentalFlops),  // max, subtract, exp, add
       .gradient = logsumexp_gradient,
       .reads = Reads::kBoth},
      {.name = "cumsum", .infer = cumsum_spec, .facts = cumsum_facts(), .gradient = cumsum_gradient, .linear_in = 1},
  };
}

}  // namespace weft::ops
