// SPDX-License-Identifier: Apache-2.0
#include "weft/activation.h"

#include "weft/ops.h"

namespace weft {

Tensor ReLU::forward(Tensor x) const { return relu(x); }
Tensor LeakyReLU::forward(Tensor x) const { return leaky_relu(x, slope_); }
Tensor Sigmoid::forward(Tensor x) const { return sigmoid(x); }
Tensor Tanh::forward(Tensor x) const { return tanh(x); }
Tensor GELU::forward(Tensor x) const { return form_ == GELUForm::kExact ? gelu(x) : gelu_tanh(x); }
Tensor SiLU::forward(Tensor x) const { return silu(x); }
Tensor Softmax::forward(Tensor x) const { return softmax(x, axis_); }

}  // namespace weft
