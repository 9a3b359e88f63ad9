// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <utility>

#include "weft/detail/export.h"
#include "weft/detail/weighted_layer.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

namespace detail {
// magnitude * direction / |direction| with a norm per index of `dim`; 0 where the norm is.
[[nodiscard]] WEFT_EXPORT Tensor weight_norm(const Tensor& direction, const Tensor& magnitude, int dim);
// The norms of a weight, of which each axis but `dim` has size 1; drawn after the weight if it has no value yet.
// ValueError unless the weight has the axis.
WEFT_EXPORT Parameter magnitude_of(const Parameter& weight, int dim);
}  // namespace detail

// The layer L with weight = magnitude * direction / |direction|, a norm per index of `dim`: per unit of Linear's weight
// (out, in). It begins as the layer was, and magnitude and direction are trained instead of the weight; a direction of
// 0 gives a weight of 0. As torch.nn.utils.parametrizations.weight_norm, with its names on disk,
// "parametrizations.weight.original0" and "...original1". Source: Salimans and Kingma 2016.
//
//   WeightNorm(Linear(64, 10))
template <detail::WeightedLayer L>
class WeightNorm : public L {
 public:
  // ValueError unless the weight has the axis.
  explicit WeightNorm(L layer, int dim = 0)
      : L(std::move(layer)),
        direction(L::weight),
        magnitude(detail::magnitude_of(direction, dim)),
        dim_(dim),
        made_(std::make_shared<const L>(L::remake())) {
    L::weight = Parameter();
  }
  // The layer's own forward(), with the normalized weight.
  Tensor forward(Tensor x) const { return L::forward_with(std::move(x), effective_weight()); }
  // The weight that forward() uses.
  [[nodiscard]] Tensor effective_weight() const { return detail::weight_norm(direction, magnitude, dim_); }
  WeightNorm remake() const { return WeightNorm(made_->remake(), dim_); }

  // Direction first, because the magnitude's first value is its norm.
  Parameter direction, magnitude;
  // Members as WEFT_MODULE lists them, with PyTorch's names.
  void members(Visitor& visitor) override {
    detail::visit_around<L>(visitor, *this, {"parametrizations.weight.original1", "parametrizations.weight.original0"},
                            direction, magnitude);
  }
  WEFT_MODULE_CALL()
  // Deleted, because no other weight takes the place of a computed one.
  [[nodiscard]] Tensor forward_with(Tensor x, const Tensor& other) const = delete;

 private:
  int dim_;
  std::shared_ptr<const L> made_;  // a layer with the weight's shape, for remake()
};

}  // namespace weft
