// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/reduction.h"
#include "weft/tensor.h"

// Losses that ask for a margin: between classes, or between distances. Dtypes and empty batches as in
// weft/regression_loss.h.
namespace weft WEFT_EXPORT {

// max(0, 1 - target prediction) with targets -1 and 1, in one shape.
[[nodiscard]] Tensor hinge_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options = {});
// The square of hinge_loss.
[[nodiscard]] Tensor squared_hinge_loss(const Tensor& prediction, const Tensor& target,
                                        const LossOptions& options = {});

// Settings of multi_margin_loss.
struct MultiMarginOptions {
  double margin = 1;                       // wanted between the class of the target and each other
  int power = 1;                           // 1 or 2
  Tensor class_weight{};                   // (c), or undefined: all 1
  Reduction reduction = Reduction::kMean;  // over rows, as in LossOptions
  Tensor weight{};                         // (n), as in LossOptions
};
// sum over the classes j that are not the target's class y of max(0, margin - x_y + x_j)^power / c, per row, as
// torch.nn.functional.multi_margin_loss. scores (n, c), class indices (n). A label outside [0, c) is a DataError at the
// next read.
[[nodiscard]] Tensor multi_margin_loss(const Tensor& scores, const Tensor& target,
                                       const MultiMarginOptions& options = {});

// a b / (max(|a|, eps) max(|b|, eps)) along an axis, as torch.nn.functional.cosine_similarity. Shapes broadcast.
[[nodiscard]] Tensor cosine_similarity(const Tensor& a, const Tensor& b, int axis = -1, double eps = 1e-8);
// |a - b + eps| by the Euclidean norm of the last axis, as torch.nn.functional.pairwise_distance; eps keeps the slope
// finite where a = b.
[[nodiscard]] Tensor pairwise_distance(const Tensor& a, const Tensor& b, double eps = 1e-6);

// Settings of the losses between vectors.
struct MarginOptions {
  double margin = 0;                       // see the loss
  Reduction reduction = Reduction::kMean;  // over rows, as in LossOptions
  Tensor weight{};                         // (n), as in LossOptions
};
// 1 - cosine_similarity(a, b) for target 1, max(0, cosine_similarity(a, b) - margin) for target -1. a and b (n, d),
// target (n).
[[nodiscard]] Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target,
                                           const MarginOptions& options = {});
// d^2 / 2 for target 1, max(0, margin - d)^2 / 2 for target 0, d = pairwise_distance(a, b). a and b (n, d), target (n).
// Source: Hadsell et al. 2006.
[[nodiscard]] Tensor contrastive_loss(const Tensor& a, const Tensor& b, const Tensor& target,
                                      const MarginOptions& options = {.margin = 1});

// Settings of triplet_margin_loss.
struct TripletOptions {
  double margin = 1;                       // wanted between both distances
  bool swap = false;                       // the distance to the negative: from the positive, if that is less
  Reduction reduction = Reduction::kMean;  // over rows, as in LossOptions
  Tensor weight{};                         // (n), as in LossOptions
};
// max(0, margin + d(anchor, positive) - d(anchor, negative)), d = pairwise_distance. All (n, d). Source: Schroff et
// al. 2015.
[[nodiscard]] Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletOptions& options = {});

// The losses of two tensors as objects, for a Trainer.
using Hinge = detail::LossObject<LossOptions, hinge_loss>;
using SquaredHinge = detail::LossObject<LossOptions, squared_hinge_loss>;
using MultiMargin = detail::LossObject<MultiMarginOptions, multi_margin_loss>;

}  // namespace weft
