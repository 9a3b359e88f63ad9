// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <utility>

#include "weft/module.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft {
namespace detail {

// A layer that computes with another weight than its own: Linear, or one's own with a Parameter `weight` and
// `Tensor forward_with(Tensor x, const Tensor& weight) const`.
template <class L>
concept WeightedLayer = std::derived_from<L, Module> && requires(L& layer, const L& same, Tensor x, const Tensor& w) {
  { same.forward_with(std::move(x), w) } -> std::convertible_to<Tensor>;
  { same.remake() } -> std::same_as<L>;
  { layer.weight } -> std::same_as<Parameter&>;
};

// Shows what L lists, and then variables of M, which derives from L.
template <class L, class M, class... Vs>
void visit_around(Visitor& visitor, M& module, const std::array<std::string_view, sizeof...(Vs)>& names,
                  Vs&... variables) {
  L& layer = module;
  layer.L::members(visitor);
  auto name = names.begin();
  const std::array<ListedMember, sizeof...(Vs) + 1> listed{ListedMember{"layer", &layer, sizeof(L)},
                                                           ListedMember{*name++, &variables, sizeof(variables)}...};
  visitor.listed(module, {reinterpret_cast<const std::byte*>(&module), sizeof(module)}, listed);
  name = names.begin();
  (visit_one(visitor, *name++, variables), ...);
}

}  // namespace detail
}  // namespace weft
