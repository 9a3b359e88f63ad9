// SPDX-License-Identifier: Apache-2.0
#include "weft/gate.h"

#include "weft/activation_functions.h"

namespace weft {

Tensor GLU::forward(Tensor x) const { return glu(x, axis_); }
Tensor SwiGLU::forward(Tensor x) const { return swiglu(x, axis_); }
Tensor GEGLU::forward(Tensor x) const { return geglu(x, axis_); }
Tensor Maxout::forward(Tensor x) const { return maxout(x, pieces_, axis_); }

}  // namespace weft
