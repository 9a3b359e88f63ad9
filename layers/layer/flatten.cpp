// SPDX-License-Identifier: Apache-2.0
#include "weft/flatten.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

bool channels_first(FlattenOrder order, int rank) {
  switch (order) {
    case FlattenOrder::kImages:
      return rank == 4 || rank == 5;
    case FlattenOrder::kChannelsFirst:
      return rank > 2;
    case FlattenOrder::kMemory:
      return false;
  }
  return false;
}

// (n, spatial..., c) -> (n, c, spatial...)
Tensor channels_second(const Tensor& x) {
  std::vector<int> order(static_cast<std::size_t>(x.rank()));
  std::iota(order.begin() + 1, order.end(), 0);  // order[k] = k - 1
  order[0] = 0;
  order[1] = x.rank() - 1;
  return permute(x, std::move(order));
}

}  // namespace

Tensor Flatten::forward(Tensor x) const {
  if (x.rank() < 2) fail<ShapeError>("flatten", "input is ", x.shape(), ", it needs a batch axis and one more");
  // Computed, because an empty batch leaves -1 undetermined.
  const std::int64_t rest =
      std::accumulate(x.shape().begin() + 1, x.shape().end(), std::int64_t{1}, std::multiplies<>());
  return (channels_first(order_, x.rank()) ? channels_second(x) : x).reshape({x.dim(0), rest});
}

}  // namespace weft
