// SPDX-License-Identifier: Apache-2.0
#include "weft/dropout.h"

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/random.h"

namespace weft {

Dropout::Dropout(double rate) : rate_(rate) {
  if (!(rate >= 0 && rate < 1)) fail<ValueError>("dropout", "rate is ", rate, ", it must lie in [0, 1)");
}

Tensor Dropout::forward(Tensor x) const { return training() && rate_ > 0 ? dropout(x, rate_) : x; }

}  // namespace weft
