// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <vector>

#include "weft/gradients.h"
#include "weft/ops.h"

// Norms of gradients, and scaling by them.
namespace weft {
namespace {

// The norm of numbers in f64, whose squares may be beyond f64. The divisor is no part of the derivative, because it
// cancels out.
Tensor norm_of_wide(const Tensor& x) {
  const Tensor largest = stop_gradient(max(abs(x)));
  const Tensor usable = logical_and(greater(largest, 0.0), less(largest, std::numeric_limits<double>::infinity()));
  const Tensor unit = where(usable, largest, 1.0);
  return unit * sqrt(square(x / unit).sum());
}

}  // namespace

namespace detail {

Tensor norm_of(const std::vector<Tensor>& tensors) {
  Tensor squares;  // of the numbers in f32 and narrower, which f64 holds
  std::vector<Tensor> norms;
  for (const Tensor& t : tensors) {
    if (!t.defined() || t.numel() == 0) continue;
    if (t.dtype() == DType::kF64) {
      norms.push_back(norm_of_wide(t));
    } else {
      const Tensor sum = square(t.to(DType::kF64)).sum();
      squares = squares.defined() ? squares + sum : sum;
    }
  }
  if (squares.defined()) norms.push_back(sqrt(squares));
  if (norms.empty()) return zeros({}, DType::kF64);
  return norms.size() == 1 ? norms[0] : norm_of_wide(stack(norms));
}

Tensor scaled_down(const Tensor& x, const Tensor& factor) {
  const DType wide = x.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
  // Two factors, because one below the normal numbers of f32 counts as 0. The first is a power of two.
  const Tensor first = where(less(factor, 0x1p-100), full_like(factor, 0x1p-64), 1.0);
  return (x.to(wide) * first.to(wide) * (factor / first).to(wide)).to(x.dtype());
}

}  // namespace detail

Tensor global_norm(const Gradients& gradients) {
  const bool wide = std::any_of(gradients.values.begin(), gradients.values.end(),
                                [](const Tensor& g) { return g.defined() && g.dtype() == DType::kF64; });
  return detail::norm_of(gradients.values).to(wide ? DType::kF64 : DType::kF32);
}

Gradients clip_global_norm(const Gradients& gradients, const Tensor& limit) {
  const Tensor factor = minimum(limit.to(DType::kF64) / (detail::norm_of(gradients.values) + 1e-6), 1.0);
  Gradients out{gradients.of, {}};
  for (const Tensor& g : gradients.values) out.values.push_back(g.defined() ? detail::scaled_down(g, factor) : g);
  return out;
}

Gradients clip_global_norm(const Gradients& gradients, Scalar limit) {
  return clip_global_norm(gradients, full({}, limit));
}

}  // namespace weft
