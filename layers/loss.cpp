// SPDX-License-Identifier: Apache-2.0
#include "weft/loss.h"

#include <string>
#include <vector>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/scope.h"

namespace weft {
namespace {

Shape without_last(const Shape& shape) { return Shape(std::vector<std::int64_t>(shape.begin(), shape.end() - 1)); }

// True for class indices (...), false for probabilities (..., c), with logits (..., c).
bool is_index_target(const Tensor& logits, const Tensor& target, const char* op) {
  if (logits.rank() >= 1) {
    if (target.shape() == logits.shape() && is_floating(target.dtype())) return false;
    if (target.shape() == without_last(logits.shape()) && !is_floating(target.dtype())) return true;
  }
  fail<ShapeError>(op, "logits are " + TensorSpec{logits.shape(), logits.dtype()}.text() + ", target is " +
                           TensorSpec{target.shape(), target.dtype()}.text() +
                           "; logits (n, c) want class indices (n) or probabilities (n, c)");
}

// Throws for an empty batch, because its mean would be NaN and show only later, as a loss.
void check_not_empty(const Tensor& x, const char* op, const char* what) {
  if (x.numel() == 0) fail<ShapeError>(op, std::string(what) + " " + x.shape().text() + "; an empty batch has no mean");
}

Tensor reduced(const Tensor& x, Reduction reduction, const char* op) {
  switch (reduction) {
    case Reduction::kMean:
      check_not_empty(x, op, "prediction is");
      return x.mean();
    case Reduction::kSum:
      return x.sum();
    case Reduction::kNone:
      break;
  }
  return x;
}

void check_same_shape(const Tensor& prediction, const Tensor& target, const char* op) {
  if (prediction.shape() != target.shape())
    fail<ShapeError>(op, "prediction is ", prediction.shape(), ", target is ", target.shape(),
                     ", both must have one shape");
}

RowLoss row_losses(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  const bool indices = is_index_target(logits, target, "cross_entropy");
  if (logits.rank() < 2) fail<ShapeError>("cross_entropy", "logits are ", logits.shape(), ", rows (n, c) are needed");
  const std::int64_t n = without_last(logits.shape()).numel(), classes = logits.dim(-1);
  return softmax_cross_entropy(logits.reshape({n, classes}),
                               indices ? target.reshape({n}) : target.reshape({n, classes}), options.class_weight,
                               options.label_smoothing, options.ignore_index);
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  const RowLoss row = row_losses(logits, target, options);
  switch (options.reduction) {
    case Reduction::kMean: {
      check_not_empty(logits, "cross_entropy", "logits are");
      const Tensor weight = row.row_weight.sum();
      return row.loss.sum() / where(equal(weight, 0), 1, weight);
    }
    case Reduction::kSum:
      return row.loss.sum();
    case Reduction::kNone:
      break;
  }
  return row.loss.reshape(without_last(logits.shape()));
}

Tensor CrossEntropy::row_weight(const Tensor& logits, const Tensor& target) const {
  return row_losses(logits, target, options).row_weight.reshape(without_last(logits.shape()));
}

Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  check_same_shape(prediction, target, "mse_loss");
  return reduced(square(prediction - target), reduction, "mse_loss");
}

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction) {
  check_same_shape(logits, target, "bce_with_logits");
  // -log s(x) = softplus(-x): both terms keep all digits far from 0, which (1 - y) x + softplus(-x) does not.
  return reduced(target * softplus(-logits) + (1.0 - target) * softplus(logits), reduction, "bce_with_logits");
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction) {
  check_same_shape(prediction, target, "l1_loss");
  return reduced(abs(prediction - target), reduction, "l1_loss");
}

Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta, Reduction reduction) {
  check_same_shape(prediction, target, "huber_loss");
  if (!(delta > 0)) fail<ValueError>("huber_loss", "delta is ", delta, ", not positive");
  const Tensor difference = prediction - target;
  const Tensor inner = clamp(difference, -delta, delta);
  return reduced(inner * (difference - 0.5 * inner), reduction, "huber_loss");  // both branches in one formula
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
