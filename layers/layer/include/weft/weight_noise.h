// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>

#include "weft/detail/export.h"
#include "weft/detail/weighted_layer.h"
#include "weft/module.h"
#include "weft/noise.h"

namespace weft WEFT_EXPORT {

namespace detail {
// ValueError if the deviation is negative or NaN.
WEFT_EXPORT double checked_deviation(double stddev);
}  // namespace detail

// The layer L with weight + N(0, stddev^2) in training mode, drawn anew by each forward(); as it is in evaluation.
// Names on disk are the layer's. Source: Graves 2011.
//
//   WeightNoise(Linear(64, 10), 0.05)
template <detail::WeightedLayer L>
class WeightNoise : public L {
 public:
  // ValueError if the deviation is negative.
  WeightNoise(L layer, double stddev) : L(std::move(layer)), stddev_(detail::checked_deviation(stddev)) {}
  // The layer's own forward(), with the noisy weight.
  Tensor forward(Tensor x) const {
    const Tensor own = L::weight;
    return L::forward_with(std::move(x), L::training() ? gaussian_noise(own, stddev_) : own);
  }
  WeightNoise remake() const { return WeightNoise(L::remake(), stddev_); }
  WEFT_MODULE_CALL()

 private:
  double stddev_;
};

}  // namespace weft
