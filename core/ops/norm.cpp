// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

// Batch norm over channels last: x is (..., c), and each channel has its statistics. Statistics, weight and bias are
// f32 if x is f16 or bf16. Only the statistics have a kernel: mean, variance, 1 / sqrt(variance + eps), and the
// rounding error of the mean.
namespace weft::ops {
namespace {

void expect_per_channel(const char* op, const char* what, const TensorSpec& x, const TensorSpec& statistic) {
  const TensorSpec wanted{{x.shape[-1]}, wide(x.dtype)};
  if (statistic.shape != wanted.shape)
    fail<ShapeError>(op, what, " is ", statistic.shape, ", input is ", x.shape, "; it must be ", wanted.shape);
  if (statistic.dtype != wanted.dtype)
    fail<DTypeError>(op, what, " is ", statistic, ", input is ", x, "; it must be ", wanted);
}

void expect_channels(const char* op, const TensorSpec& x) {
  expect_floating(op, "input", x);
  if (x.shape.rank() < 1) fail<ShapeError>(op, "input is ", x.shape, "; it needs a channel axis");
}

void expect_eps(const char* op, double eps) {
  if (!(eps >= 0)) fail<ValueError>(op, "eps is ", eps, "; it must not be negative");
}

std::vector<TensorSpec> train_spec(Specs in, const Attributes& attributes) {
  const char* op = "batch_norm";
  expect_inputs(op, in, 3);
  expect_channels(op, in[0]);
  expect_per_channel(op, "weight", in[0], in[1]);
  expect_per_channel(op, "bias", in[0], in[2]);
  expect_eps(op, attributes.real("eps"));
  return {in[0], in[1], in[1], in[1]};
}

std::vector<TensorSpec> statistics_spec(Specs in, const Attributes& attributes) {
  const char* op = "batch_norm_statistics";
  expect_inputs(op, in, 1);
  expect_channels(op, in[0]);
  expect_eps(op, attributes.real("eps"));
  return std::vector<TensorSpec>(4, {{in[0].shape[-1]}, wide(in[0].dtype)});
}

std::vector<TensorSpec> grad_spec(Specs in, const Attributes&) {
  const char* op = "batch_norm_grad";
  expect_inputs(op, in, 5);
  expect_channels(op, in[1]);
  if (in[0] != in[1]) fail<ShapeError>(op, "cotangent is ", in[0], ", input is ", in[1], "; they must agree");
  expect_per_channel(op, "weight", in[1], in[2]);
  expect_per_channel(op, "mean", in[1], in[3]);
  expect_per_channel(op, "rstd", in[1], in[4]);
  return {in[1], in[2], in[2]};
}

std::vector<TensorSpec> inference_spec(Specs in, const Attributes& attributes) {
  const char* op = "batch_norm_inference";
  expect_inputs(op, in, 5);
  expect_channels(op, in[0]);
  const char* names[] = {"input", "weight", "bias", "mean", "variance"};
  for (std::size_t i = 1; i < 5; ++i) expect_per_channel(op, names[i], in[0], in[i]);
  expect_eps(op, attributes.real("eps"));
  return {in[0]};
}

std::vector<Value> train_gradient(const GradientCall& call) {
  return call.build.emit_all(OpId::of("batch_norm_grad"),
                             {call.cotangents[0], call.inputs[0], call.inputs[1], call.outputs[1], call.outputs[3]});
}

// y = (x - mean) rstd weight + bias, with the mean as a sum of two numbers, because x - mean would lose digits to a
// large mean. Every node has x's shape, because a product of c numbers would be a kernel by itself.
std::vector<Value> train_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const std::vector<Value> statistics = build.emit_all(OpId::of("batch_norm_statistics"), {in[0]}, attributes);
  const Ex x = widened(build, in[0]), weight(build, in[1]), bias(build, in[2]);
  const Ex mu(build, statistics[0]), rstd(build, statistics[2]), rest(build, statistics[3]);
  const Ex y = (x - mu - rest) * rstd * weight + bias;
  return {cast(y, build.dtype(in[0])).value(), statistics[0], statistics[1], statistics[2]};
}

// mean = sum(x) / n, variance = sum((x - mean)^2) / n, rstd = (variance + eps)^-1/2; the mean's rounding error counts
// as 0.
std::vector<Value> statistics_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Ex x = widened(build, in[0]);
  const Shape shape = build.shape(in[0]), channels{shape[-1]};
  const Ints axes = axes_but(shape.rank(), shape.rank() - 1);
  const Ex mu = reshape(mean(x, axes), channels);
  const Ex var = reshape(mean(square(x - mu), axes), channels);
  const Ex rstd = rsqrt(var + like(var, attributes.real("eps")));
  return {mu.value(), var.value(), rstd.value(), full(build, channels, x.dtype(), 0)};
}

// With xhat = (x - mean) rstd: dbias = sum(dy), dweight = sum(dy xhat), dx = weight rstd (dy - (dbias + xhat dweight) /
// n). The sums need one traversal of dy and x; a second one computes xhat again, so that it is not stored.
std::vector<Value> grad_decompose(Builder& build, std::span<const Value> in, const Attributes&) {
  const Ex weight(build, in[2]), mu(build, in[3]), rstd(build, in[4]);
  const Shape shape = build.shape(in[1]), channels = build.shape(in[2]);
  const Ints axes = axes_but(shape.rank(), shape.rank() - 1);
  const auto dy = [&] { return widened(build, in[0]); };
  const auto xhat = [&] { return (widened(build, in[1]) - mu) * rstd; };
  // One node per statement, because the compiler chooses the order in which operands are evaluated.
  const Ex dbias = reshape(sum(dy(), axes), channels);
  const Ex once = xhat();
  const Ex products = dy() * once;
  const Ex dweight = reshape(sum(products, axes), channels);
  const Ex per_row = like(mu, 1 / static_cast<double>(count_over(shape, axes)));
  const Ex twice = xhat();
  const Ex shift = (dbias + twice * dweight) * per_row;
  const Ex dx = (dy() - shift) * rstd * weight;
  return {cast(dx, build.dtype(in[1])).value(), dweight.value(), dbias.value()};
}

std::vector<Value> inference_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Ex x = widened(build, in[0]), weight(build, in[1]), bias(build, in[2]), mu(build, in[3]), var(build, in[4]);
  const Ex scale = rsqrt(var + like(var, attributes.real("eps"))) * weight;
  return {cast((x - mu) * scale + bias, build.dtype(in[0])).value()};
}

// Rows stay apart, because the statistics are inputs. A shape of one axis has channels only.
bool has_rows(const Signature& node) { return node.input(0).shape.rank() > 1; }

OpFacts statistics_facts() {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_input_element(4);  // subtract, square and two sums
  return facts;
}

}  // namespace

std::vector<OpDef> norm_ops() {
  return {
      {.name = "batch_norm",
       .infer = train_spec,
       .facts = composed_facts(train_decompose, rows_mix(), takes_as_stored(1)),
       .gradient = train_gradient,
       .reads = Reads::kBoth,
       .decompose = train_decompose,
       .gradient_outputs = 1},
      {.name = "batch_norm_grad",
       .infer = grad_spec,
       .facts = composed_facts(grad_decompose, rows_mix(), takes_as_stored(0b11)),
       .linear_in = 1,
       .decompose = grad_decompose},
      {.name = "batch_norm_inference",
       .infer = inference_spec,
       .facts = composed_facts(inference_decompose, rows_kept(has_rows), takes_as_stored(1)),
       .decompose = inference_decompose},
      {.name = "batch_norm_statistics",
       .infer = statistics_spec,
       .facts = statistics_facts(),
       .decompose = statistics_decompose},
  };
}

}  // namespace weft::ops
