// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// The settings that all losses have.
namespace weft WEFT_EXPORT {

// Result of a loss over elements or rows: their mean, their sum, or all of them.
enum class Reduction : std::uint8_t { kMean, kSum, kNone };

// Settings of a loss without others.
struct LossOptions {
  Reduction reduction = Reduction::kMean;  // 0-d for the mean and the sum, else one value per element or row
  // Weights of the losses, in their shape or that of their first axes: (n) for (n, d). The mean is weighted: the sum of
  // weight * loss over the sum of the weights, 0 if that is 0. Undefined: all 1.
  Tensor weight{};
};

namespace detail {

// The weights that a call gives. ValueError if the settings of the loss have weights, too.
[[nodiscard]] Tensor only_weight(const Tensor& of_settings, const Tensor& given);

// A loss function with its settings as an object, for a Trainer.
template <class Options, Tensor (*loss)(const Tensor&, const Tensor&, const Options&)>
struct LossObject {
  Options options{};  // settings of every call
  // The loss of a batch.
  Tensor operator()(const Tensor& prediction, const Tensor& target) const { return loss(prediction, target, options); }
  // The loss of a batch with weights as those of the settings, which have none then: ValueError.
  Tensor operator()(const Tensor& prediction, const Tensor& target, const Tensor& weight) const {
    Options with = options;
    with.weight = only_weight(options.weight, weight);
    return loss(prediction, target, with);
  }
};

}  // namespace detail
}  // namespace weft
