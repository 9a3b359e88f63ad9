// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// One call of a layer.
struct LayerSummary {
  std::string path, type;       // "2.fc", "Linear"
  Shape output;                 // shape of the first result
  std::int64_t parameters = 0;  // a tied cell counts where it is met first
  std::int64_t flops = 0;       // forward; counted as in weft/profile.h
};

// The layers that a forward calls, with totals.
struct ModelSummary {
  std::vector<LayerSummary> layers;                                  // in the order of their calls
  std::int64_t parameters = 0, trainable_parameters = 0, flops = 0;  // totals
  // A table with totals.
  std::string text() const;
};

namespace detail {

ModelSummary summary(Module& module, const std::vector<TensorSpec>& inputs, std::size_t wanted,
                     const std::function<void(const std::vector<Tensor>&)>& forward);

template <class C, class R, class... A>
constexpr std::size_t arity_of(R (C::*)(A...) const) {
  return sizeof...(A);
}

}  // namespace detail

// Traces forward() on inputs of these shapes and lists the layers it calls. Nothing runs and no value is drawn.
template <std::derived_from<Module> M>
ModelSummary summary(M& module, const std::vector<TensorSpec>& inputs) {
  constexpr std::size_t kInputs = detail::arity_of(&M::forward);
  return detail::summary(module, inputs, kInputs, [&](const std::vector<Tensor>& in) {
    [&]<std::size_t... i>(std::index_sequence<i...>) { static_cast<void>(module(in[i]...)); }
    (std::make_index_sequence<kInputs>{});
  });
}

}  // namespace weft
