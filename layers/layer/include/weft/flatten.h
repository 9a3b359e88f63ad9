// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// Order of the features behind a Flatten.
enum class FlattenOrder : std::uint8_t {
  kImages,         // as torch.nn.Flatten for images and volumes, (c, h, w) and (c, d, h, w); rows of rank 3 as they lie
  kChannelsFirst,  // as torch.nn.Flatten from rank 3 on, for signals of a Conv1d too: (c, length)
  kMemory,         // as elements lie, without a copy
};

// (n, ...) -> (n, rest), so that PyTorch's weights behind a convolution mean the same. ShapeError below rank 2.
class Flatten : public Module {
 public:
  // The order of the features.
  explicit Flatten(FlattenOrder order = FlattenOrder::kImages) : order_(order) {}
  // (n, ...) -> (n, rest), any dtype.
  Tensor forward(Tensor x) const;
  Flatten remake() const { return Flatten(order_); }
  WEFT_MODULE()

 private:
  FlattenOrder order_;
};

}  // namespace weft
