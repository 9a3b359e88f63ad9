// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Losses, as functions and as objects for a Trainer. Mean and sum give a 0-d tensor, kNone one value per element or
// row. ShapeError for the mean of an empty batch.
namespace weft WEFT_EXPORT {

// Result of a loss over elements or rows: their mean, their sum, or all of them.
enum class Reduction : std::uint8_t { kMean, kSum, kNone };

// Settings of cross_entropy.
struct CrossEntropyOptions {
  double label_smoothing = 0;              // this share of the target goes to all classes evenly
  std::int64_t ignore_index = -100;        // rows with this label count for nothing
  Reduction reduction = Reduction::kMean;  // the mean is weighted
  Tensor class_weight{};                   // (c), or undefined: all 1
};

// -sum over classes of target * log softmax(logits), per row. logits (n, c) or (n, ..., c); target: class indices (n,
// ...) or probabilities of the logits' shape. The mean divides by the summed weight of the rows that are not ignored,
// as torch.nn.CrossEntropyLoss. If that is 0, because all rows are ignored, so are the mean and its gradient; PyTorch
// gives NaN. A label outside [0, c) is a DataError at the next read.
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options = {});
// (prediction - target)^2. ShapeError unless both have one shape, because broadcasting (n, 1) against (n) is always a
// mistake here; likewise the losses below.
Tensor mse_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::kMean);
// -y log s(x) - (1 - y) log(1 - s(x)) with the sigmoid s, without overflow.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, Reduction reduction = Reduction::kMean);
// |prediction - target|
Tensor l1_loss(const Tensor& prediction, const Tensor& target, Reduction reduction = Reduction::kMean);
// d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), d = prediction - target. Source: Huber 1964.
Tensor huber_loss(const Tensor& prediction, const Tensor& target, double delta = 1.0,
                  Reduction reduction = Reduction::kMean);

// cross_entropy as an object, for a Trainer.
struct CrossEntropy {
  CrossEntropyOptions options{};  // settings of every call
  // The loss of a batch.
  Tensor operator()(const Tensor& logits, const Tensor& target) const { return cross_entropy(logits, target, options); }
  // The weight of each row in the mean, f32 in the shape of the rows: that of its class, 0 for ignored rows.
  Tensor row_weight(const Tensor& logits, const Tensor& target) const;
};
// mse_loss as an object, for a Trainer.
struct MSE {
  Reduction reduction = Reduction::kMean;  // over all elements
  // The loss of a batch.
  Tensor operator()(const Tensor& prediction, const Tensor& target) const {
    return mse_loss(prediction, target, reduction);
  }
};
// bce_with_logits as an object, for a Trainer.
struct BCEWithLogits {
  Reduction reduction = Reduction::kMean;  // over all elements
  // The loss of a batch.
  Tensor operator()(const Tensor& logits, const Tensor& target) const {
    return bce_with_logits(logits, target, reduction);
  }
};
// l1_loss as an object, for a Trainer.
struct L1 {
  Reduction reduction = Reduction::kMean;  // over all elements
  // The loss of a batch.
  Tensor operator()(const Tensor& prediction, const Tensor& target) const {
    return l1_loss(prediction, target, reduction);
  }
};
// huber_loss as an object, for a Trainer.
struct Huber {
  double delta = 1.0;                      // largest |d| of the square
  Reduction reduction = Reduction::kMean;  // over all elements
  // The loss of a batch.
  Tensor operator()(const Tensor& prediction, const Tensor& target) const {
    return huber_loss(prediction, target, delta, reduction);
  }
};

// The share of rows whose largest logit is the target's class, f32(). logits (..., c); target: class indices (...) or
// probabilities of the logits' shape. Rows with the label ignore_index count for nothing; NaN if none is left.
Tensor accuracy(const Tensor& logits, const Tensor& target, std::int64_t ignore_index = -100);

}  // namespace weft
