// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Activation functions beyond those of weft/fn.h. They take any shape and keep a floating dtype; integers give f32. 16
// bits are rounded once. NaN gives NaN, sign() excepted.
namespace weft WEFT_EXPORT {

// Gradient of a function with steps: its true one, 0, or that of the identity.
enum class StepGradient : std::uint8_t { kZero, kStraightThrough };

// `value`, as if it were x to every derivative: the straight-through estimator of Bengio et al. 2013. Both have one
// shape and dtype. An infinite x gets gradient 0.
[[nodiscard]] Tensor straight_through(const Tensor& value, const Tensor& x);
// 0 for x < 0, 1/2 at 0, 1 for x > 0.
[[nodiscard]] Tensor unit_step(const Tensor& x, StepGradient gradient = StepGradient::kZero);
// -1, 0 or 1, with a choice of the gradient.
[[nodiscard]] Tensor sign(const Tensor& x, StepGradient gradient);
// x
[[nodiscard]] Tensor identity(const Tensor& x);
// 0 for x <= -1/2, x + 1/2 up to x = 1/2, from there on 1; slope 0 at both ends.
[[nodiscard]] Tensor piecewise_linear(const Tensor& x);

// min(max(x, low), high); slope 0 at both ends, as in PyTorch. ValueError unless low < high.
[[nodiscard]] Tensor hardtanh(const Tensor& x, double low = -1, double high = 1);
// min(max(x, 0), 6); slope 0 at both ends. Source: Krizhevsky 2010.
[[nodiscard]] Tensor relu6(const Tensor& x);
// min(max(x / 6 + 1/2, 0), 1); slope 0 at both ends.
[[nodiscard]] Tensor hardsigmoid(const Tensor& x);
// x min(max(x + 3, 0), 6) / 6; slope 0 at -3 and 1 at 3. Source: Howard et al. 2019.
[[nodiscard]] Tensor hardswish(const Tensor& x);

// x where x > 0, else slope * x.
[[nodiscard]] Tensor leaky_relu(const Tensor& x, double slope = 0.01);
// x where x > 0, else weight * x. weight: one number, or (features) for x (..., features). Source: He et al. 2015.
[[nodiscard]] Tensor prelu(const Tensor& x, const Tensor& weight);
// x where x > threshold, else value.
[[nodiscard]] Tensor threshold(const Tensor& x, double threshold, double value);

// x where x > 0, else alpha (e^x - 1). Source: Clevert et al. 2016.
[[nodiscard]] Tensor elu(const Tensor& x, double alpha = 1);
// scale * elu(x, alpha) with scale = 1.0507... and alpha = 1.6732..., which keep mean 0 and variance 1. Source:
// Klambauer et al. 2017.
[[nodiscard]] Tensor selu(const Tensor& x);
// x where x > 0, else alpha (e^(x / alpha) - 1). ValueError for alpha = 0. Source: Barron 2017.
[[nodiscard]] Tensor celu(const Tensor& x, double alpha = 1);

// log(1 + e^(beta x)) / beta; x itself where beta x > threshold. ValueError unless beta > 0.
[[nodiscard]] Tensor softplus(const Tensor& x, double beta, double threshold = 20);
// log(sigmoid(x)) without overflow.
[[nodiscard]] Tensor log_sigmoid(const Tensor& x);
// x / (1 + |x|)
[[nodiscard]] Tensor softsign(const Tensor& x);
// x - tanh(x); near 0, where both are almost equal, an error of the size of x's last digit.
[[nodiscard]] Tensor tanhshrink(const Tensor& x);
// x sigmoid(beta x). Source: Ramachandran et al. 2017.
[[nodiscard]] Tensor swish(const Tensor& x, double beta = 1);
// beta x sigmoid(x). Source: Alcaide 2018.
[[nodiscard]] Tensor e_swish(const Tensor& x, double beta = 1.5);
// x tanh(log(1 + e^x)). Source: Misra 2019.
[[nodiscard]] Tensor mish(const Tensor& x);

// e^-x / sum(e^-x) along an axis.
[[nodiscard]] Tensor softmin(const Tensor& x, int axis = -1);

// Gates: the first half a of an axis times a function of the second half b. The axis has an even size: ShapeError.
// a sigmoid(b). Source: Dauphin et al. 2017.
[[nodiscard]] Tensor glu(const Tensor& x, int axis = -1);
// a silu(b). Source: Shazeer 2020, likewise geglu().
[[nodiscard]] Tensor swiglu(const Tensor& x, int axis = -1);
// a gelu(b)
[[nodiscard]] Tensor geglu(const Tensor& x, int axis = -1);
// The largest of `pieces` neighbors along an axis, whose size `pieces` divides: (n, pieces * m) -> (n, m). ShapeError
// otherwise. Source: Goodfellow et al. 2013.
[[nodiscard]] Tensor maxout(const Tensor& x, std::int64_t pieces, int axis = -1);

}  // namespace weft
