// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// x where x > 0, else weight * x with a learned weight. Source: He et al. 2015.
class PReLU : public Module {
 public:
  // `features`: 1 for one weight, else the size of the last axis; `slope`: the weights at first. ValueError unless
  // features >= 1. Weight decay would draw the weights to 0, which makes a ReLU.
  explicit PReLU(std::int64_t features = 1, double slope = 0.25);
  // (..., features), or any shape for one weight; the same shape and dtype.
  Tensor forward(Tensor x) const;
  PReLU remake() const { return PReLU(weight.shape()[0], slope_); }

  Parameter weight;  // (features)
  WEFT_MODULE(weight)

 private:
  double slope_;
};

}  // namespace weft
