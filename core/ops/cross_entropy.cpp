// SPDX-License-Identifier: Apache-2.0
#include "core/ops/cross_entropy.h"

#include <limits>
#include <optional>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"

// Softmax and cross entropy in one: loss_i = -sum_j w_j Q_ij log softmax(logits)_ij, with Q the target after label
// smoothing (torch.nn.CrossEntropyLoss, reduction "none"). softmax_cross_entropy_scaled, made by a pass, has one more
// input behind the target: a factor of the gradient, one number or one per row.
namespace weft::ops {
namespace {

const char* const kOp = "softmax_cross_entropy";
const char* const kScaled = "softmax_cross_entropy_scaled";

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

// dlogits = dloss * output 1, which is d loss / d logits. The row weights do not depend on the logits.
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
  Ex mass;                      // (n, c): w_j Q_ij
  Ex row_weight;                // (n, 1)
  std::optional<Ex> present{};  // false where Q_ij is 0; none: nowhere known
};

Target target_of_indices(const Ex& logp, Value target, const std::optional<Ex>& weight, const Attributes& attributes) {
  Builder& build = logp.build();
  const std::int64_t n = build.shape(logp.value())[0], c = build.shape(logp.value())[1];
  const Ex label = reshape(Ex(build, target), {n, 1});
  const Ex classes(build, build.emit("iota", {}, {{"length", c}, {"dtype", label.dtype()}}));
  const Ex live = label_counts(label, c, attributes);
  const double smoothing = attributes.real("label_smoothing");
  const Ex zero = like(logp, 0), spread_mass = like(logp, smoothing / static_cast<double>(c));
  const Ex hit = label == classes && live, w = weight ? *weight : like(logp, 1);
  const Ex q = select(hit, like(logp, 1 - smoothing) + spread_mass, spread_mass);
  const Ex mass(build, select(live, q * w, zero).value());
  return {mass, sum(select(hit, w, zero), {1}), smoothing == 0 ? hit : live};
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
  if (target.present) {
    // A class of target mass 0 adds 0 to the loss, because 0 * -inf would be NaN. A weight of 0 still has its slope.
    const Ex zero = like(logp, 0), lost = like(logp, -std::numeric_limits<double>::infinity());
    terms = select(*target.present, target.mass * select(target.mass == zero && logp == lost, zero, logp), zero);
  }
  const Ex loss = -sum(terms, {1});
  const Ex dlogits = exp(logp) * sum(target.mass, {1}) - target.mass;
  const Shape rows{shape[0]};
  return {reshape(loss, rows).value(), cast(dlogits, dtype).value(), reshape(target.row_weight, rows).value()};
}

// The inputs without the scale, which stands behind the target.
template <class X>
std::vector<X> without_scale(std::span<const X> in) {
  std::vector<X> out(in.begin(), in.end());
  out.erase(out.begin() + 2);
  return out;
}

std::vector<TensorSpec> infer_scaled(Specs in, const Attributes& attributes) {
  if (in.size() != 3 && in.size() != 4) fail<ValueError>(kScaled, "takes 3 or 4 inputs, was given ", in.size());
  std::vector<TensorSpec> out = infer(without_scale(in), attributes);
  const TensorSpec& scale = in[2];
  if (scale != TensorSpec{{}, out[0].dtype} && scale != out[0])
    fail<ShapeError>(kScaled, "scale is ", scale, "; it must be one number or a number per row: ", out[0]);
  return out;
}

std::vector<Value> decompose_scaled(Builder& build, std::span<const Value> in, const Attributes& attributes) {
  std::vector<Value> out = decompose(build, without_scale(in), attributes);
  const Ex slope = widened(build, out[1]), scale(build, in[2]);
  const Ex per_row = build.shape(in[2]).rank() == 0 ? scale : reshape(scale, {build.shape(in[2])[0], 1});
  out[1] = cast(slope * per_row, build.dtype(out[1])).value();
  return out;
}

// Row r of every output is made of row r of logits, target and scales. Class weights serve all rows.
std::vector<Rows> loss_rows(const Signature& node, std::span<const Rows> rows, bool scaled) {
  std::vector<Rows> by_row{rows[0], rows[1]};
  for (std::size_t i = 2; i < rows.size(); ++i) {
    const bool scales = scaled && i == 2 && node.input(i).shape.rank() == 1;
    if (scales) by_row.push_back(rows[i]);
    if (!scales && rows[i] == Rows::kCarried) return {3, Rows::kMixed};
  }
  return {3, aligned(by_row)};
}

// FLOPs are those of softmax, multiply and add for the loss, scale and subtract for the gradient. The gradient may lie
// over the logits, because a row is read before its gradient is written.
OpFacts loss_facts(double flops_beside_exp, bool scaled, HalfRule half) {
  OpFacts facts = opaque_facts();
  facts.flops = flops_per_input_element(flops_beside_exp + kTranscendentalFlops);
  facts.in_place = in_place(1, 0);
  facts.rows = [scaled](const Signature& node, std::span<const Rows> rows) { return loss_rows(node, rows, scaled); };
  facts.half = std::move(half);
  return facts;
}

// Only labels without weights allow 16-bit logits, because probabilities and weights have the logits' dtype and would
// be rounded with them.
Half half_logits(const Signature& node) {
  const bool labels = node.inputs.size() == 2 && !is_floating(node.input(1).dtype);
  return labels ? Half{Half::Use::kAsStored, 1} : Half{};
}

}  // namespace

Ex label_counts(const Ex& label, std::int64_t classes, const Attributes& attributes) {
  const std::int64_t ignored = attributes.integer("ignore_index");
  Ex is_class = label >= like(label, 0) && label < like(label, static_cast<double>(classes));
  if (ignored < 0 || ignored >= classes) return is_class;
  return is_class && label != like(label, static_cast<double>(ignored));
}

std::vector<OpDef> cross_entropy_ops() {
  return {{.name = kOp,
           .infer = infer,
           .facts = loss_facts(6, false, half_logits),
           .gradient = gradient,
           .reads = Reads::kOutputs,
           .decompose = decompose,
           .gradient_outputs = 0b101,
           .gradient_inputs = 1},
          {.name = kScaled,
           .infer = infer_scaled,
           .facts = loss_facts(7, true, stays_f32()),
           .decompose = decompose_scaled}};
}

}  // namespace weft::ops
