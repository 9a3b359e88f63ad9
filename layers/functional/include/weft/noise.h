// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/tensor.h"

// Random changes of a batch while a net trains, beside dropout() in weft/random.h. Axis 0 counts the samples. The
// layers of weft/dropout.h do nothing outside of training; these functions always do. ValueError for rates outside of
// [0, 1).
namespace weft WEFT_EXPORT {

// Dropout that keeps the mean and variance of SELU's outputs: an element becomes SELU's limit -1.758 with probability
// `rate`, and then all are scaled and shifted. Source: Klambauer et al. 2017.
[[nodiscard]] Tensor alpha_dropout(const Tensor& x, double rate);
// Dropout of whole features: element (i, ..., c) goes with all (i, ..., c) of its sample. x (n, ..., features);
// torch.nn.functional.dropout1d to dropout3d, whose features are axis 1. ShapeError below rank 2.
[[nodiscard]] Tensor feature_dropout(const Tensor& x, double rate);
// Dropout of whole samples, for the branch of a residual block. As torchvision.ops.stochastic_depth in mode "row".
// ShapeError for rank 0. Source: Huang et al. 2016.
[[nodiscard]] Tensor stochastic_depth(const Tensor& x, double rate);
// x + N(0, stddev^2). ValueError for a negative stddev.
[[nodiscard]] Tensor gaussian_noise(const Tensor& x, double stddev);

// A batch and its targets.
struct Mixed {
  Tensor input, target;  // in the shapes of those that were given
};
// s x + (1 - s) x[other], likewise the target, with one share s ~ Beta(alpha, alpha) for the batch and its rows in
// random order. Class indices come through one_hot() first: DTypeError. ValueError unless alpha > 0. Source: Zhang et
// al. 2018.
Mixed mixup(const Tensor& x, const Tensor& target, double alpha = 0.2);
// x with a box of it from x[other], the same box in all images, and the targets in proportion to the areas. The box has
// the share 1 - s of the image, s ~ Beta(alpha, alpha), less what of it lies outside. x (n, h, w, channels); otherwise
// as mixup(). Source: Yun et al. 2019.
Mixed cutmix(const Tensor& x, const Tensor& target, double alpha = 1);

}  // namespace weft
