// SPDX-License-Identifier: Apache-2.0
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"

// Softmax and cross entropy in one: loss_i = -sum_j w_j Q_ij log softmax(logits)_ij, where Q is the target distribution
// after label smoothing (as torch.nn.CrossEntropyLoss, reduction "none").
namespace weft::ops {
namespace {

const char* const kOp = "softmax_cross_entropy";

std::vector<TensorSpec> infer(Specs in, const Attributes& attributes) {
  if (in.size() != 2 && in.size() != 3) fail<ValueError>(kOp, "takes 2 or 3 inputs, was given ", in.size());
  const TensorSpec &logits = in[0], &target = in[1];
  expect_floating(kOp, "logits", logits);
  if (logits.shape.rank() != 2) fail<ShapeError>(kOp, "logits are ", logits.shape, "; they must be (rows, classes)");
  const std::int64_t n = logits.shape[0], c = logits.shape[1];
  if (is_floating(target.dtype)) {
    expect_same_dtype(kOp, logits, target);
    if (target.shape != logits.shape)
      fail<ShapeError>(kOp, "logits are ", logits.shape, ", target probabilities ", target.shape, "; they must agree");
  } else {
    expect_index(kOp, "target", target);
    if (target.shape != Shape{n})
      fail<ShapeError>(kOp, "logits are ", logits.shape, ", target indices ", target.shape, "; they must be ",
                       Shape{n});
  }
  if (in.size() == 3) {
    expect_same_dtype(kOp, logits, in[2]);
    expect_shape(kOp, "weight", in[2], {c});
  }
  const double smoothing = attributes.real("label_smoothing");
  if (!(smoothing >= 0 && smoothing <= 1))
    fail<ValueError>(kOp, "label_smoothing is ", smoothing, "; it must lie in [0, 1]");
  static_cast<void>(attributes.integer("ignore_index"));
  const TensorSpec rows{{n}, wide(logits.dtype)};
  return {rows, logits, rows};
}

// dlogits = dloss * (d loss / d logits), the latter being output 1. The row weights do not depend on the logits.
std::vector<Value> gradient(const GradientCall& call) {
  std::vector<Value> out(call.wanted.size());
  if (!call.cotangents[0].defined()) return out;
  const TensorSpec logits = call.node.outputs[1];
  const Ex unit = widened(call.build, call.outputs[1]);
  const Ex dloss = reshape(Ex(call.build, call.cotangents[0]), {logits.shape[0], 1});
  out[0] = cast(dloss * unit, logits.dtype).value();
  return out;
}

struct Target {
  Ex mass;        // (n, c): w_j Q_ij
  Ex row_weight;  // (n, 1)
};

Target target_of_indices(const Ex& logp, Value target, const std::optional<Ex>& weight, const Attributes& attributes) {
  Builder& build = logp.build();
  const std::int64_t n = build.shape(logp.value())[0], c = build.shape(logp.value())[1];
  const Ex label = reshape(Ex(build, target), {n, 1});
  const Ex classes(build, build.emit("iota", {}, {{"length", c}, {"dtype", label.dtype()}}));
  const std::int64_t ignored = attributes.integer("ignore_index");
  Ex live = label >= like(label, 0) && label < like(label, static_cast<double>(c));
  if (ignored >= 0 && ignored < c) live = live && label != like(label, static_cast<double>(ignored));
  const double smoothing = attributes.real("label_smoothing");
  const Ex zero = like(logp, 0), spread_mass = like(logp, smoothing / static_cast<double>(c));
  const Ex hit = label == classes && live, w = weight ? *weight : like(logp, 1);
  const Ex q = select(hit, like(logp, 1 - smoothing) + spread_mass, spread_mass);
  return {select(live, q * w, zero), sum(select(hit, w, zero), {1})};
}

Target target_of_probabilities(const Ex& logp, Value target, const std::optional<Ex>& weight,
                               const Attributes& attributes) {
  Builder& build = logp.build();
  const Shape shape = build.shape(logp.value());
  const double smoothing = attributes.real("label_smoothing");
  const Ex given = cast(Ex(build, target), logp.dtype());
  const Ex q = smoothing == 0
                   ? given
                   : given * like(logp, 1 - smoothing) + like(logp, smoothing / static_cast<double>(shape[1]));
  const Ex ones(build, full(build, {shape[0], 1}, logp.dtype(), 1));
  return {weight ? q * *weight : q, ones};
}

std::vector<Value> decompose(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  const DType dtype = build.dtype(in[0]);
  const Shape shape = build.shape(in[0]);
  const Ex logits = widened(build, in[0]);
  const Ex logp(build, build.emit("log_softmax", {logits.value()}, {{"axis", std::int64_t{1}}}));
  std::optional<Ex> weight;
  if (in.size() == 3) weight = widened(build, in[2]);
  const bool indices = !is_floating(build.dtype(in[1]));
  const Target target = indices ? target_of_indices(logp, in[1], weight, attributes)
                                : target_of_probabilities(logp, in[1], weight, attributes);
  Ex terms = target.mass * logp;
  // A class of no mass adds nothing, not even where its logit is -inf.
  if (indices) terms = select(target.mass == like(logp, 0), like(logp, 0), terms);
  const Ex loss = -sum(terms, {1});
  const Ex dlogits = exp(logp) * sum(target.mass, {1}) - target.mass;
  const Shape rows{shape[0]};
  return {reshape(loss, rows).value(), cast(dlogits, dtype).value(), reshape(target.row_weight, rows).value()};
}

}  // namespace

std::vector<OpDef> cross_entropy_ops() {
  return {{.name = kOp,
           .infer = infer,
           .gradient = gradient,
           .reads = Reads::kOutputs,
           .decompose = decompose,
           .gradient_outputs = 0b101,
           .gradient_inputs = 1}};
}

}  // namespace weft::ops
