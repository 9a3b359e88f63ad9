// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// In training: each element zeroed with probability `rate`, the rest divided by 1 - rate. Otherwise x itself.
// ValueError unless 0 <= rate < 1. Source: Srivastava et al. 2014.
class Dropout : public Module {
 public:
  // `rate`: probability of a zero.
  explicit Dropout(double rate = 0.5);
  // Any shape and floating dtype; the same.
  Tensor forward(Tensor x) const;
  Dropout remake() const { return Dropout(rate_); }
  WEFT_MODULE()

 private:
  double rate_;
};

// alpha_dropout in training, otherwise x: dropout behind SELU. ValueError unless 0 <= rate < 1; likewise the layers
// below.
class AlphaDropout : public Module {
 public:
  // `rate`: probability of the limit of SELU.
  explicit AlphaDropout(double rate = 0.5);
  // Any shape and floating dtype; the same.
  Tensor forward(Tensor x) const;
  AlphaDropout remake() const { return AlphaDropout(rate_); }
  WEFT_MODULE()

 private:
  double rate_;
};

// feature_dropout in training, otherwise x.
class FeatureDropout : public Module {
 public:
  // `rate`: probability that a feature of a sample is zero everywhere.
  explicit FeatureDropout(double rate = 0.5);
  // (n, ..., features); the same shape and dtype.
  Tensor forward(Tensor x) const;
  FeatureDropout remake() const { return FeatureDropout(rate_); }
  WEFT_MODULE()

 private:
  double rate_;
};

// stochastic_depth in training, otherwise x: `x + drop(branch(x))` leaves out whole branches.
class StochasticDepth : public Module {
 public:
  // `rate`: probability that a sample's branch is zero.
  explicit StochasticDepth(double rate);
  // (n, ...); the same shape and dtype.
  Tensor forward(Tensor x) const;
  StochasticDepth remake() const { return StochasticDepth(rate_); }
  WEFT_MODULE()

 private:
  double rate_;
};

// gaussian_noise in training, otherwise x.
class GaussianNoise : public Module {
 public:
  // `stddev`: of the noise; ValueError if it is negative.
  explicit GaussianNoise(double stddev);
  // Any shape and floating dtype; the same.
  Tensor forward(Tensor x) const;
  GaussianNoise remake() const { return GaussianNoise(stddev_); }
  WEFT_MODULE()

 private:
  double stddev_;
};

}  // namespace weft
