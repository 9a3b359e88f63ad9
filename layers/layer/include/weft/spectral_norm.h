// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <utility>

#include "weft/detail/export.h"
#include "weft/detail/weighted_layer.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

namespace detail {
// Estimates of the singular vectors of a weight (out, ...) as a matrix (out, rest): u (out), v (rest).
struct SingularVectors {
  Tensor u, v;
};
// The vectors after `iterations` of u = W v / |W v|, v = W^T u / |W^T u|. No gradient passes.
WEFT_EXPORT SingularVectors power_iterations(const Tensor& weight, SingularVectors from, int iterations);
// weight / sigma with sigma = u^T W v; u and v are constants in its gradient.
[[nodiscard]] WEFT_EXPORT Tensor spectral_norm(const Tensor& weight, const SingularVectors& vectors);
// Buffers that are drawn after the weight: 15 iterations from a random vector.
WEFT_EXPORT Buffer left_vector_of(const Parameter& weight);
WEFT_EXPORT Buffer right_vector_of(const Parameter& weight, const Buffer& left);
// ValueError unless the weight has two axes or more and iterations are positive.
WEFT_EXPORT void check_spectral_norm(const Parameter& weight, int iterations);
}  // namespace detail

// The layer L with weight = original / sigma, where sigma estimates the largest singular value by power iteration: its
// vectors u and v move by `iterations` per forward() in training mode, and stay in evaluation and when frozen. As
// torch.nn.utils.parametrizations.spectral_norm, with its names on disk, "parametrizations.weight.original",
// "parametrizations.weight.0._u" and "..._v". For discriminators of GANs. Source: Miyato et al. 2018.
//
//   SpectralNorm(Linear(64, 1))
template <detail::WeightedLayer L>
class SpectralNorm : public L {
 public:
  // ValueError unless the weight has two axes or more and iterations are positive.
  explicit SpectralNorm(L layer, int iterations = 1)
      : L(std::move(layer)),
        original(L::weight),
        u(detail::left_vector_of(original)),
        v(detail::right_vector_of(original, u)),
        iterations_(iterations),
        made_(std::make_shared<const L>(L::remake())) {
    detail::check_spectral_norm(original, iterations);
    L::weight = Parameter();
  }
  // The layer's own forward(), with the normalized weight.
  Tensor forward(Tensor x) const {
    if (L::training() && !L::frozen()) {
      const detail::SingularVectors next = detail::power_iterations(original, {u, v}, iterations_);
      u.assign(next.u);
      v.assign(next.v);
    }
    return L::forward_with(std::move(x), effective_weight());
  }
  // The weight of an evaluation.
  [[nodiscard]] Tensor effective_weight() const { return detail::spectral_norm(original, {u, v}); }
  SpectralNorm remake() const { return SpectralNorm(made_->remake(), iterations_); }

  Parameter original;  // the layer's weight
  Buffer u, v;         // singular vectors (out) and (rest), of length 1
  // Members as WEFT_MODULE lists them, with PyTorch's names.
  void members(Visitor& visitor) override {
    detail::visit_around<L>(
        visitor, *this,
        {"parametrizations.weight.original", "parametrizations.weight.0._u", "parametrizations.weight.0._v"}, original,
        u, v);
  }
  WEFT_MODULE_CALL()
  // Deleted, because no other weight takes the place of a computed one.
  [[nodiscard]] Tensor forward_with(Tensor x, const Tensor& other) const = delete;

 private:
  int iterations_;
  std::shared_ptr<const L> made_;  // a layer with the weight's shape, for remake()
};

}  // namespace weft
