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

}  // namespace weft
