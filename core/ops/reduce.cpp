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

constexpr std::size_t kMostTangents = 16;  // of prod_others: each doubles the work

// y_i = c times the product of all x_j but x_i along the axis, or its derivative along tangents of x, one after the
// other. Inputs are c, which has size 1 along the axis, x and the tangents.
std::vector<TensorSpec> prod_others_spec(Specs in, const Attributes& attributes) {
  if (in.size() < 2) fail<ValueError>("prod_others", in.size(), " inputs given; it takes a factor, x and tangents");
  if (in.size() > kMostTangents + 2)
    fail<ValueError>("prod_others", in.size() - 2, " tangents given; it takes at most ", kMostTangents);
  const std::int64_t axis = attributes.integer("axis");
  expect_floating("prod_others", "x", in[1]);
  expect_axis("prod_others", axis, in[1].shape);
  expect_shape("prod_others", "factor", in[0], with_size(in[1].shape, axis, 1));
  for (std::size_t i = 0; i < in.size(); ++i) {
    expect_same_dtype("prod_others", in[1], in[i]);
    if (i > 1) expect_shape("prod_others", "tangent", in[i], in[1].shape);
  }
  return {in[1]};
}

// All results are linear in c and in each tangent. The derivative by x along g is that with g as one more tangent;
// exchanging a tangent and the cotangent changes nothing.
std::vector<Value> prod_others_gradient(const GradientCall& call) {
  Builder& build = call.build;
  const Value g = call.cotangents[0];
  std::vector<Value> result(call.inputs.size());
  for (std::size_t i = 1; i < result.size(); ++i) {
    if (!call.wanted[i]) continue;
    std::vector<Value> inputs(call.inputs.begin(), call.inputs.end());
    if (i == 1) {
      inputs.push_back(g);
    } else {
      inputs[i] = g;
    }
    result[i] = build.emit(call.node.op, std::move(inputs), call.node.attributes);
  }
  if (call.wanted[0]) {
    // f64, because y / c may leave f32's range where the sum of its products with g does not.
    const TensorSpec c = build.spec(call.inputs[0]);
    std::vector<Value> inputs{full(build, c.shape, DType::kF64, 1)};
    for (std::size_t i = 1; i < call.inputs.size(); ++i) inputs.push_back(cast(build, call.inputs[i], DType::kF64));
    const Ex y(build, build.emit(call.node.op, std::move(inputs), call.node.attributes));
    const Ex sums = sum(cast(Ex(build, g), DType::kF64) * y, {call.node.attributes.integer("axis")});
    result[0] = cast(sums, c.dtype).value();
  }
  return result;
}

std::vector<Value> prod_gradient(const GradientCall& call) {
  Builder& build = call.build;
  const Ints& axes = call.node.attributes.ints("axes");
  const Shape shape = build.shape(call.inputs[0]);
  const auto count = static_cast<std::int64_t>(axes.size());
  // Reduced axes that are neighbors become one axis where they lie, others behind the kept ones.
  const bool neighbors = axes.empty() || axes.back() - axes.front() + 1 == count;
  Ints order, back(shape.dims().size());
  for (std::int64_t i = 0; i < shape.rank(); ++i)
    if (neighbors || !std::binary_search(axes.begin(), axes.end(), i)) order.push_back(i);
  if (!neighbors) order.insert(order.end(), axes.begin(), axes.end());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  const std::int64_t axis = !neighbors ? shape.rank() - count : axes.empty() ? shape.rank() : axes.front();

  const Value x = neighbors ? call.inputs[0] : build.emit("transpose", {call.inputs[0]}, {{"perm", order}});
  std::vector<std::int64_t> dims = build.shape(x).dims();
  dims.erase(dims.begin() + axis, dims.begin() + axis + count);
  dims.insert(dims.begin() + axis, count_over(shape, axes));
  const Shape lines(dims);
  const Value c = reshape(build, call.cotangents[0], with_size(lines, axis, 1));
  const Value others = build.emit("prod_others", {c, reshape(build, x, lines)}, {{"axis", axis}});
  const Value dx = reshape(build, others, build.shape(x));
  return {neighbors ? dx : build.emit("transpose", {dx}, {{"perm", back}})};
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

OpFacts prod_others_facts() {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_output_element(3);  // two running products, joined
  facts.rows = [](const Signature& node, std::span<const Rows> rows) {
    return node.attributes.integer("axis") == 0 ? rows_mix()(node, rows) : rows_aligned()(node, rows);
  };
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
       .gradient = prod_gradient,
       .reads = Reads::kInputs},
      {.name = "prod_others",
       .infer = prod_others_spec,
       .facts = prod_others_facts(),
       .gradient = prod_others_gradient,
       .reads = Reads::kInputs,
       .linear_in = 1},
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
