// SPDX-License-Identifier: Apache-2.0
#include "weft/dropout.h"

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/noise.h"
#include "weft/random.h"

namespace weft {
namespace {

double checked(double rate, const char* op) {
  if (!(rate >= 0 && rate < 1)) fail<ValueError>(op, "rate is ", rate, ", it must lie in [0, 1)");
  return rate;
}

}  // namespace

Dropout::Dropout(double rate) : rate_(checked(rate, "dropout")) {}
AlphaDropout::AlphaDropout(double rate) : rate_(checked(rate, "alpha_dropout")) {}
FeatureDropout::FeatureDropout(double rate) : rate_(checked(rate, "feature_dropout")) {}
StochasticDepth::StochasticDepth(double rate) : rate_(checked(rate, "stochastic_depth")) {}
GaussianNoise::GaussianNoise(double stddev) : stddev_(stddev) {
  if (!(stddev >= 0)) fail<ValueError>("gaussian_noise", "stddev is ", stddev, "; it must be 0 or more");
}

Tensor Dropout::forward(Tensor x) const { return training() && rate_ > 0 ? dropout(x, rate_) : x; }
Tensor AlphaDropout::forward(Tensor x) const { return training() ? alpha_dropout(x, rate_) : x; }
Tensor FeatureDropout::forward(Tensor x) const { return training() ? feature_dropout(x, rate_) : x; }
Tensor StochasticDepth::forward(Tensor x) const { return training() ? stochastic_depth(x, rate_) : x; }
Tensor GaussianNoise::forward(Tensor x) const { return training() ? gaussian_noise(x, stddev_) : x; }

}  // namespace weft
