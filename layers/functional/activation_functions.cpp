// SPDX-License-Identifier: Apache-2.0
#include "weft/activation_functions.h"

#include <limits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "layers/functional/wide.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

Tensor with_gradient(const Tensor& value, const Tensor& x, StepGradient gradient) {
  return gradient == StepGradient::kStraightThrough ? straight_through(value, x) : value;
}

// f(x), rounded to the dtype of x once.
template <class F>
Tensor widened(const Tensor& x, F f) {
  return detail::in_dtype_of(x, f(detail::wide(x)));
}

// `middle` for low < x < high, else a constant. Not clamp(), whose slope at a kink is that of the middle: relu6() shall
// learn from zeros what relu() does.
Tensor between(const Tensor& x, double low, double high, const Tensor& middle, double below, double above) {
  return where(x <= low, below, where(x >= high, above, middle));
}

std::pair<Tensor, Tensor> halves(const Tensor& x, int axis, const char* op) {
  const int a = normal_axis(axis, x.rank(), op);
  const std::int64_t size = x.dim(a);
  if (size % 2 != 0) fail<ShapeError>(op, "input is ", x.shape(), ", axis ", a, " has ", size, "; it must be even");
  return {x.slice(a, 0, size / 2), x.slice(a, size / 2, size)};
}

}  // namespace

Tensor straight_through(const Tensor& value, const Tensor& x) {
  if (value.shape() != x.shape() || value.dtype() != x.dtype())
    fail<ShapeError>("straight_through", "value is ", TensorSpec{value.shape(), value.dtype()}.text(), ", x is ",
                     TensorSpec{x.shape(), x.dtype()}.text(), "; both must be of one shape and dtype");
  // Zero with x's slope. An infinite x minus itself would be NaN.
  const Tensor finite = where(abs(x) < std::numeric_limits<double>::infinity(), x, 0);
  return stop_gradient(value) + (finite - stop_gradient(finite));
}

Tensor unit_step(const Tensor& x, StepGradient gradient) {
  const Tensor z = is_floating(x.dtype()) ? x : x.to(DType::kF32);
  return with_gradient(where(z > 0, 1, where(z < 0, 0, where(equal(z, 0), 0.5, z))), z, gradient);
}

Tensor sign(const Tensor& x, StepGradient gradient) { return with_gradient(sign(x), x, gradient); }

Tensor identity(const Tensor& x) { return x; }

Tensor piecewise_linear(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return between(z, -0.5, 0.5, z + 0.5, 0, 1); });
}

Tensor hardtanh(const Tensor& x, double low, double high) {
  if (!(low < high)) fail<ValueError>("hardtanh", "low is ", low, ", high is ", high, "; low must be less than high");
  return widened(x, [&](const Tensor& z) { return between(z, low, high, z, low, high); });
}

Tensor relu6(const Tensor& x) { return hardtanh(x, 0, 6); }

Tensor hardsigmoid(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return between(z, -3, 3, z * (1.0 / 6) + 0.5, 0, 1); });
}

Tensor hardswish(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return where(z <= -3, 0, where(z < 3, z * (z + 3) * (1.0 / 6), z)); });
}

Tensor leaky_relu(const Tensor& x, double slope) {
  return widened(x, [&](const Tensor& z) { return where(z > 0, z, z * slope); });
}

Tensor prelu(const Tensor& x, const Tensor& weight) {
  const bool one = weight.numel() == 1;
  if (!one && (weight.rank() != 1 || x.rank() < 1 || x.dim(-1) != weight.dim(0)))
    fail<ShapeError>("prelu", "input is ", x.shape(), ", weight is ", weight.shape(),
                     "; the weight has one element, or one for each element of the input's last axis");
  return where(x > 0, x, x * (one ? weight.reshape({}) : weight));
}

Tensor threshold(const Tensor& x, double threshold, double value) { return where(x <= threshold, value, x); }

Tensor elu(const Tensor& x, double alpha) {
  return widened(x, [&](const Tensor& z) { return where(z > 0, z, alpha * expm1(z)); });
}

Tensor selu(const Tensor& x) {
  const double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
  return widened(x, [&](const Tensor& z) { return where(z > 0, scale * z, scale * alpha * expm1(z)); });
}

Tensor celu(const Tensor& x, double alpha) {
  if (alpha == 0) fail<ValueError>("celu", "alpha is 0; it must be another number");
  return widened(x, [&](const Tensor& z) { return where(z > 0, z, alpha * expm1(z * (1 / alpha))); });
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  if (!(beta > 0)) fail<ValueError>("softplus", "beta is ", beta, "; it must be positive");
  return widened(x, [&](const Tensor& z) {
    const Tensor scaled = z * beta;
    return where(scaled > threshold, z, softplus(scaled) * (1 / beta));
  });
}

Tensor log_sigmoid(const Tensor& x) { return -softplus(-x); }

Tensor softsign(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return z / (1 + abs(z)); });
}

Tensor tanhshrink(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return z - tanh(z); });
}

Tensor swish(const Tensor& x, double beta) {
  return widened(x, [&](const Tensor& z) { return z * sigmoid(z * beta); });
}

Tensor e_swish(const Tensor& x, double beta) {
  return widened(x, [&](const Tensor& z) { return beta * silu(z); });
}

Tensor mish(const Tensor& x) {
  return widened(x, [](const Tensor& z) { return z * tanh(softplus(z)); });
}

Tensor softmin(const Tensor& x, int axis) { return softmax(-x, axis); }

Tensor glu(const Tensor& x, int axis) {
  const auto [a, b] = halves(x, axis, "glu");
  return a * sigmoid(b);
}

Tensor swiglu(const Tensor& x, int axis) {
  const auto [a, b] = halves(x, axis, "swiglu");
  return a * silu(b);
}

Tensor geglu(const Tensor& x, int axis) {
  const auto [a, b] = halves(x, axis, "geglu");
  return a * gelu(b);
}

Tensor maxout(const Tensor& x, std::int64_t pieces, int axis) {
  const int a = normal_axis(axis, x.rank(), "maxout");
  if (pieces < 1 || x.dim(a) % pieces != 0)
    fail<ShapeError>("maxout", "input is ", x.shape(), ", pieces are ", pieces, "; they must divide the size of axis ",
                     a);
  std::vector<std::int64_t> dims = x.shape().dims();
  dims[static_cast<std::size_t>(a)] /= pieces;
  dims.insert(dims.begin() + a + 1, pieces);
  return x.reshape(Shape(std::move(dims))).max({a + 1});
}

}  // namespace weft
