// SPDX-License-Identifier: Apache-2.0
#include "weft/classification_loss.h"

#include <cmath>
#include <vector>

#include "core/base/check.h"
#include "layers/functional/reduce_loss.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::check_not_empty;
using detail::mean_of_sum;
using detail::reduce_loss;
using detail::wide;

Shape without_last(const Shape& shape) { return Shape(std::vector<std::int64_t>(shape.begin(), shape.end() - 1)); }

// True for class indices (...), false for probabilities (..., c), with logits (..., c).
bool is_index_target(const Tensor& logits, const Tensor& target, const char* op) {
  if (logits.rank() >= 1) {
    if (target.shape() == logits.shape() && is_floating(target.dtype())) return false;
    if (target.shape() == without_last(logits.shape()) && !is_floating(target.dtype())) return true;
  }
  fail<ShapeError>(op, "logits are ", TensorSpec{logits.shape(), logits.dtype()}, ", target is ",
                   TensorSpec{target.shape(), target.dtype()},
                   "; logits (n, c) want class indices (n) or probabilities (n, c)");
}

// Losses of rows, already times `row_weight`, and the weights: both in the shape of the rows.
RowLoss weighted_rows(RowLoss row, const Shape& shape, const Tensor& weight, const char* op) {
  row = {row.loss.reshape(shape), row.row_weight.reshape(shape)};
  if (!weight.defined()) return row;
  const Tensor w = detail::weights_for(row.loss, weight, op);
  return {row.loss * w, row.row_weight * w};
}

RowLoss cross_entropy_rows(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  const bool indices = is_index_target(logits, target, "cross_entropy");
  if (logits.rank() < 2) fail<ShapeError>("cross_entropy", "logits are ", logits.shape(), ", rows (n, c) are needed");
  const Shape rows = without_last(logits.shape());
  const std::int64_t n = rows.numel(), classes = logits.dim(-1);
  const RowLoss row =
      softmax_cross_entropy(logits.reshape({n, classes}), indices ? target.reshape({n}) : target.reshape({n, classes}),
                            options.class_weight, options.label_smoothing, options.ignore_index);
  return weighted_rows(row, rows, options.weight, "cross_entropy");
}

RowLoss nll_rows(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options, const char* op) {
  if (is_floating(target.dtype()))
    fail<DTypeError>(op, "target is ", name_of(target.dtype()), "; it must be class indices, which are integers");
  is_index_target(log_probabilities, target, op);
  const Tensor ignored = equal(target, options.ignore_index), index = where(ignored, 0, target);
  const Tensor picked = wide(gather(log_probabilities, index.unsqueeze(-1), -1).squeeze(-1));
  Tensor weight = where(ignored, 0, ones_like(picked));
  if (options.class_weight.defined()) {
    const Tensor& given = options.class_weight;
    if (given.shape() != Shape{log_probabilities.dim(-1)})
      fail<ShapeError>(op, "class_weight is ", given.shape(), "; it must be (", log_probabilities.dim(-1), ")");
    weight = where(ignored, 0, take(given.to(picked.dtype()), index));
  }
  // Selected, because an ignored row may have a loss that is not finite. 0 - x, because the loss of 1 would be -0.
  return weighted_rows({where(ignored, 0, 0.0 - picked * weight), weight}, target.shape(), options.weight, op);
}

Tensor reduced_rows(const RowLoss& row, Reduction reduction, const Tensor& given, DType dtype, const char* op) {
  switch (reduction) {
    case Reduction::kMean:
      check_not_empty(given, op, "logits are");
      return mean_of_sum(row.loss.sum(), row.row_weight.sum()).to(dtype);
    case Reduction::kSum:
      return row.loss.sum().to(dtype);
    case Reduction::kNone:
      break;
  }
  return row.loss.to(dtype);
}

// log(p) with a slope of at most 1e30, so that the softmax or sigmoid that gives p = 0 multiplies 0 by a number.
Tensor log_of_probability(const Tensor& p) {
  const double smallest = 1e-30;
  const Tensor slope_one = p + stop_gradient(maximum(p, smallest) - p);
  return log(slope_one) + stop_gradient(where(p >= smallest, 0, log(p) - std::log(smallest)));
}

Tensor bce_rows(const Tensor& logits, const Tensor& target, const Tensor& pos_weight) {
  const Tensor x = wide(logits), y = wide(target);
  // -log s(x) = softplus(-x): both terms keep all digits far from 0, which (1 - y) x + softplus(-x) does not.
  const Tensor positive = y * softplus(-x), negative = (1.0 - y) * softplus(x);
  return (pos_weight.defined() ? pos_weight.to(x.dtype()) * positive : positive) + negative;
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  const RowLoss row = cross_entropy_rows(logits, target, options);
  return reduced_rows(row, options.reduction, logits, row.loss.dtype(), "cross_entropy");
}

Tensor CrossEntropy::operator()(const Tensor& logits, const Tensor& target, const Tensor& weight) const {
  CrossEntropyOptions with = options;
  with.weight = detail::only_weight(options.weight, weight);
  return cross_entropy(logits, target, with);
}

Tensor CrossEntropy::row_weight(const Tensor& logits, const Tensor& target) const {
  return cross_entropy_rows(logits, target, options).row_weight;
}

Tensor nll(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options) {
  const RowLoss row = nll_rows(log_probabilities, target, options, "nll");
  return reduced_rows(row, options.reduction, log_probabilities, log_probabilities.dtype(), "nll");
}

Tensor NLL::operator()(const Tensor& log_probabilities, const Tensor& target, const Tensor& weight) const {
  NLLOptions with = options;
  with.weight = detail::only_weight(options.weight, weight);
  return nll(log_probabilities, target, with);
}

Tensor NLL::row_weight(const Tensor& log_probabilities, const Tensor& target) const {
  return nll_rows(log_probabilities, target, options, "nll").row_weight.to(DType::kF32);
}

Tensor nll_of_probabilities(const Tensor& probabilities, const Tensor& target, const NLLOptions& options) {
  const char* op = "nll_of_probabilities";
  const RowLoss row = nll_rows(log_of_probability(wide(probabilities)), target, options, op);
  return reduced_rows(row, options.reduction, probabilities, probabilities.dtype(), op);
}

Tensor bce(const Tensor& probabilities, const Tensor& target, const LossOptions& options) {
  detail::check_same_shape(probabilities, target, "bce");
  const Tensor p = wide(probabilities), y = wide(target);
  const Tensor positive = where(equal(y, 0), 0, y * log_of_probability(p));
  const Tensor negative = where(equal(y, 1), 0, (1.0 - y) * log_of_probability(1.0 - p));
  return reduce_loss(0.0 - (positive + negative), options.reduction, options.weight, probabilities, "bce");
}

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const BCEWithLogitsOptions& options) {
  detail::check_same_shape(logits, target, "bce_with_logits");
  if (options.pos_weight.defined() &&
      broadcast(options.pos_weight.shape(), target.shape(), "bce_with_logits") != target.shape())
    fail<ShapeError>("bce_with_logits", "pos_weight is ", options.pos_weight.shape(), ", target is ", target.shape(),
                     "; pos_weight must broadcast to the target's shape");
  return reduce_loss(bce_rows(logits, target, options.pos_weight), options.reduction, options.weight, logits,
                     "bce_with_logits");
}

Tensor focal_loss(const Tensor& logits, const Tensor& target, const FocalOptions& options) {
  detail::check_same_shape(logits, target, "focal_loss");
  if (!(options.gamma >= 0)) fail<ValueError>("focal_loss", "gamma is ", options.gamma, "; it must be 0 or more");
  const Tensor p = sigmoid(wide(logits)), y = wide(target);
  const Tensor missing = p + y - 2.0 * p * y;  // 1 - p for y = 1, p for y = 0
  Tensor loss = bce_rows(logits, target, {}) * pow(missing, options.gamma);
  if (options.alpha >= 0) loss = loss * (options.alpha * y + (1 - options.alpha) * (1.0 - y));
  return reduce_loss(loss, options.reduction, options.weight, logits, "focal_loss");
}

Tensor kl_divergence(const Tensor& log_probabilities, const Tensor& target, const LossOptions& options) {
  detail::check_same_shape(log_probabilities, target, "kl_divergence");
  if (target.rank() < 1)
    fail<ShapeError>("kl_divergence", "both are ", target.shape(), "; the last axis counts the classes");
  const Tensor t = wide(target);
  const Tensor terms = where(equal(t, 0), 0, t * (log(t) - wide(log_probabilities)));
  return reduce_loss(terms.sum({-1}), options.reduction, options.weight, log_probabilities, "kl_divergence");
}

Tensor accuracy(const Tensor& logits, const Tensor& target, std::int64_t ignore_index) {
  const bool indices = is_index_target(logits, target, "accuracy");
  check_not_empty(logits, "accuracy", "logits are");
  if (!indices) return equal(argmax(logits), argmax(target)).to(DType::kF32).mean();
  const Tensor counts = not_equal(target, ignore_index);
  const Tensor right = logical_and(equal(argmax(logits), target), counts);
  return right.to(DType::kF32).sum() / counts.to(DType::kF32).sum();
}

}  // namespace weft
