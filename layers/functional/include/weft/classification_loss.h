// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/reduction.h"
#include "weft/tensor.h"

// Losses between probabilities and classes, as functions and as objects for a Trainer, and the accuracy. ShapeError for
// shapes that do not fit and for the mean of an empty batch. Results have the dtype of the first argument, but
// cross_entropy gives f32 for 16 bits. 16 bits are computed in f32 and rounded once. A label outside [0, c) is a
// DataError at the next read.
namespace weft WEFT_EXPORT {

// Settings of cross_entropy.
struct CrossEntropyOptions {
  double label_smoothing = 0;              // this share of the target goes to all classes evenly
  std::int64_t ignore_index = -100;        // rows with this label count for nothing
  Reduction reduction = Reduction::kMean;  // the mean is weighted
  Tensor class_weight{};                   // (c), or undefined: all 1
  Tensor weight{};  // of the rows, in their shape or that of their first axes, or undefined: all 1
};

// -sum over classes of target * log softmax(logits), per row. logits (n, c) or (n, ..., c); target: class indices (n,
// ...) or probabilities of the logits' shape. The mean divides by the summed weight of the rows that are not ignored,
// as torch.nn.CrossEntropyLoss. If that is 0, because all rows are ignored, so are the mean and its gradient; PyTorch
// gives NaN.
[[nodiscard]] Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options = {});

// Settings of nll and nll_of_probabilities.
struct NLLOptions {
  std::int64_t ignore_index = -100;        // as in CrossEntropyOptions, likewise the rest
  Reduction reduction = Reduction::kMean;  // the mean is weighted
  Tensor class_weight{};                   // (c)
  Tensor weight{};                         // of the rows
};
// -log_probabilities[row][target[row]]; shapes and mean as in cross_entropy, class indices alone. As
// torch.nn.functional.nll_loss.
[[nodiscard]] Tensor nll(const Tensor& log_probabilities, const Tensor& target, const NLLOptions& options = {});
// -log(probabilities[row][target[row]]): 0 for 1, 0.693 for 1/2, infinity for 0. The slope at 0 is that at 1e-30, so
// that a softmax before it gets 0 and not NaN. Better conditioned: cross_entropy of the logits.
[[nodiscard]] Tensor nll_of_probabilities(const Tensor& probabilities, const Tensor& target,
                                          const NLLOptions& options = {});

// -y log p - (1 - y) log(1 - p) of probabilities p and targets y in [0, 1], in one shape; logarithms as in
// nll_of_probabilities, where PyTorch cuts them off at -100. A term whose factor is 0 is 0.
[[nodiscard]] Tensor bce(const Tensor& probabilities, const Tensor& target, const LossOptions& options = {});

// Settings of bce_with_logits.
struct BCEWithLogitsOptions {
  Tensor pos_weight{};                     // factor of the first term, broadcasts against the target; undefined: 1
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// -pos_weight y log s(x) - (1 - y) log(1 - s(x)) with the sigmoid s, without overflow, in one shape.
[[nodiscard]] Tensor bce_with_logits(const Tensor& logits, const Tensor& target,
                                     const BCEWithLogitsOptions& options = {});

// Settings of focal_loss.
struct FocalOptions {
  double gamma = 2;                        // power of the probability that is missing; 0 or more
  double alpha = 0.25;                     // weight of class 1 beside 1 - alpha of class 0; negative: both 1
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// bce_with_logits times (1 - p)^gamma, where p is the probability of the target's class, in one shape. As
// torchvision.ops.sigmoid_focal_loss; source: Lin et al. 2017.
[[nodiscard]] Tensor focal_loss(const Tensor& logits, const Tensor& target, const FocalOptions& options = {});

// sum over the last axis of target (log target - log_probabilities), per row; 0 where the target is 0. The mean is over
// rows: torch.nn.functional.kl_div with reduction "batchmean" for (n, c).
[[nodiscard]] Tensor kl_divergence(const Tensor& log_probabilities, const Tensor& target,
                                   const LossOptions& options = {});

// cross_entropy as an object, for a Trainer.
struct CrossEntropy {
  CrossEntropyOptions options{};  // settings of every call
  // The loss of a batch.
  Tensor operator()(const Tensor& logits, const Tensor& target) const { return cross_entropy(logits, target, options); }
  // The loss of a batch with weights as those of the settings, which have none then: ValueError.
  Tensor operator()(const Tensor& logits, const Tensor& target, const Tensor& weight) const;
  // The weight of each row in the mean, f32 in the shape of the rows: that of its class, 0 for ignored rows.
  [[nodiscard]] Tensor row_weight(const Tensor& logits, const Tensor& target) const;
};
// nll as an object, for a Trainer.
struct NLL {
  NLLOptions options{};  // settings of every call
  // The loss of a batch.
  Tensor operator()(const Tensor& log_probabilities, const Tensor& target) const {
    return nll(log_probabilities, target, options);
  }
  // The loss of a batch with weights, as CrossEntropy takes them.
  Tensor operator()(const Tensor& log_probabilities, const Tensor& target, const Tensor& weight) const;
  // The weight of each row in the mean, as CrossEntropy::row_weight() gives it.
  [[nodiscard]] Tensor row_weight(const Tensor& log_probabilities, const Tensor& target) const;
};
// The other losses above as objects: `BCEWithLogits()`, `Focal{{.gamma = 1}}`.
using BCE = detail::LossObject<LossOptions, bce>;
using BCEWithLogits = detail::LossObject<BCEWithLogitsOptions, bce_with_logits>;
using Focal = detail::LossObject<FocalOptions, focal_loss>;
using KLDivergence = detail::LossObject<LossOptions, kl_divergence>;

// The share of rows whose largest logit is the target's class, f32(). logits (..., c); target: class indices (...) or
// probabilities of the logits' shape. Rows with the label ignore_index count for nothing; NaN if none is left.
[[nodiscard]] Tensor accuracy(const Tensor& logits, const Tensor& target, std::int64_t ignore_index = -100);

}  // namespace weft
