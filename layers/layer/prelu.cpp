// SPDX-License-Identifier: Apache-2.0
#include "weft/prelu.h"

#include "core/base/check.h"
#include "weft/activation_functions.h"
#include "weft/error.h"
#include "weft/init.h"

namespace weft {

PReLU::PReLU(std::int64_t features, double slope) : slope_(slope) {
  if (features < 1) fail<ValueError>("prelu", features, " features; at least 1 is needed");
  weight = Parameter({features}, init::constant(slope));
}

Tensor PReLU::forward(Tensor x) const { return prelu(x, weight); }

}  // namespace weft
