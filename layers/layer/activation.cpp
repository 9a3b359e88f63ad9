// SPDX-License-Identifier: Apache-2.0
#include "weft/activation.h"

#include "weft/activation_functions.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {

Tensor ReLU::forward(Tensor x) const { return relu(x); }
Tensor LeakyReLU::forward(Tensor x) const { return leaky_relu(x, slope_); }
Tensor Sigmoid::forward(Tensor x) const { return sigmoid(x); }
Tensor Tanh::forward(Tensor x) const { return tanh(x); }
Tensor GELU::forward(Tensor x) const { return form_ == GELUForm::kExact ? gelu(x) : gelu_tanh(x); }
Tensor SiLU::forward(Tensor x) const { return silu(x); }
Tensor Softmax::forward(Tensor x) const { return softmax(x, axis_); }
Tensor Identity::forward(Tensor x) const { return identity(x); }
Tensor UnitStep::forward(Tensor x) const { return unit_step(x, gradient_); }
Tensor Sign::forward(Tensor x) const { return sign(x, gradient_); }
Tensor PiecewiseLinear::forward(Tensor x) const { return piecewise_linear(x); }
Tensor Hardtanh::forward(Tensor x) const { return hardtanh(x, low_, high_); }
Tensor ReLU6::forward(Tensor x) const { return relu6(x); }
Tensor Hardsigmoid::forward(Tensor x) const { return hardsigmoid(x); }
Tensor Hardswish::forward(Tensor x) const { return hardswish(x); }
Tensor Threshold::forward(Tensor x) const { return weft::threshold(x, threshold_, value_); }
Tensor ELU::forward(Tensor x) const { return elu(x, alpha_); }
Tensor SELU::forward(Tensor x) const { return selu(x); }
Tensor CELU::forward(Tensor x) const { return celu(x, alpha_); }
Tensor Softplus::forward(Tensor x) const { return softplus(x, beta_, threshold_); }
Tensor LogSigmoid::forward(Tensor x) const { return log_sigmoid(x); }
Tensor Softsign::forward(Tensor x) const { return softsign(x); }
Tensor Tanhshrink::forward(Tensor x) const { return tanhshrink(x); }
Tensor Swish::forward(Tensor x) const { return swish(x, beta_); }
Tensor ESwish::forward(Tensor x) const { return e_swish(x, beta_); }
Tensor Mish::forward(Tensor x) const { return mish(x); }
Tensor LogSoftmax::forward(Tensor x) const { return log_softmax(x, axis_); }
Tensor Softmin::forward(Tensor x) const { return softmin(x, axis_); }

}  // namespace weft
