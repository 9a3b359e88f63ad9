// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"

// Batch norm over channels last: x is (..., c), and one statistic belongs to each channel. Statistics, weight and bias
// are f32 where x is f16 or bf16.
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

// mean = sum(x) / n, variance = sum((x - mean)^2) / n, rstd = (variance + eps)^-1/2, y = (x - mean) rstd weight + bias
std::vector<Value> train_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Ex x = widened(build, in[0]), weight(build, in[1]), bias(build, in[2]);
  const Shape channels{build.shape(in[1])};
  const Ints axes = axes_but(build.shape(in[0]).rank(), build.shape(in[0]).rank() - 1);
  const Ex mu = reshape(mean(x, axes), channels);
  const Ex var = reshape(mean(square(x - mu), axes), channels);
  const Ex rstd = rsqrt(var + like(var, attributes.real("eps")));
  const Ex y = (x - mu) * rstd * weight + bias;
  return {cast(y, build.dtype(in[0])).value(), mu.value(), var.value(), rstd.value()};
}

// With xhat = (x - mean) rstd: dx = weight rstd (dy - mean(dy) - xhat mean(dy xhat)), dweight = sum(dy xhat),
// dbias = sum(dy)
std::vector<Value> grad_decompose(Builder& build, std::span<const Value> in, const Attributes&) {
  const Ex dy = widened(build, in[0]), x = widened(build, in[1]);
  const Ex weight(build, in[2]), mu(build, in[3]), rstd(build, in[4]);
  const Shape shape = build.shape(in[1]), channels = build.shape(in[2]);
  const Ints axes = axes_but(shape.rank(), shape.rank() - 1);
  const Ex xhat = (x - mu) * rstd;
  const Ex dbias = reshape(sum(dy, axes), channels), dweight = reshape(sum(dy * xhat, axes), channels);
  const Ex count = like(dy, static_cast<double>(count_over(shape, axes)));
  const Ex dx = weight * rstd * (dy - dbias / count - xhat * (dweight / count));
  return {cast(dx, build.dtype(in[1])).value(), dweight.value(), dbias.value()};
}

std::vector<Value> inference_decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const Ex x = widened(build, in[0]), weight(build, in[1]), bias(build, in[2]), mu(build, in[3]), var(build, in[4]);
  const Ex y = (x - mu) * rsqrt(var + like(var, attributes.real("eps"))) * weight + bias;
  return {cast(y, build.dtype(in[0])).value()};
}

}  // namespace

std::vector<OpDef> norm_ops() {
  return {
      {.name = "batch_norm",
       .infer = train_spec,
       .gradient = train_gradient,
       .reads = Reads::kBoth,
       .decompose = train_decompose,
       .gradient_outputs = 1},
      {.name = "batch_norm_grad", .infer = grad_spec, .linear_in = 1, .decompose = grad_decompose},
      {.name = "batch_norm_inference", .infer = inference_spec, .decompose = inference_decompose},
  };
}

}  // namespace weft::ops
