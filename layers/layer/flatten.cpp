// SPDX-License-Identifier: Apache-2.0
#include "weft/flatten.h"

#include <functional>
#include <numeric>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft {

Tensor Flatten::forward(Tensor x) const {
  if (x.rank() < 2) fail<ShapeError>("flatten", "input is ", x.shape(), ", it needs a batch axis and one more");
  // Computed, because an empty batch leaves -1 undetermined.
  const std::int64_t rest =
      std::accumulate(x.shape().begin() + 1, x.shape().end(), std::int64_t{1}, std::multiplies<>());
  return (x.rank() == 4 ? x.permute({0, 3, 1, 2}) : x).reshape({x.dim(0), rest});
}

}  // namespace weft
