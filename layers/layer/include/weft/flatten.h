// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// (n, ...) -> (n, rest). Images (n, h, w, c) flatten in (c, h, w) order, so that PyTorch's conv-to-linear weights mean
// the same. ShapeError below rank 2.
class Flatten : public Module {
 public:
  // (n, ...) -> (n, rest), any dtype.
  Tensor forward(Tensor x) const;
  Flatten remake() const { return {}; }
  WEFT_MODULE()
};

}  // namespace weft
