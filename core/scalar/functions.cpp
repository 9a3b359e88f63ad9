// SPDX-License-Identifier: Apache-2.0
#include "core/scalar/functions.h"

#include <array>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace weft {
namespace {

template <std::size_t... i>
constexpr std::array<FnFacts, sizeof...(i)> read_formulas(std::index_sequence<i...>) {
  return {FnFacts{Formula<static_cast<Fn>(i)>::smooth, Formula<static_cast<Fn>(i)>::integers,
                  Formula<static_cast<Fn>(i)>::reads, Formula<static_cast<Fn>(i)>::flops,
                  Formula<static_cast<Fn>(i)>::exact, Formula<static_cast<Fn>(i)>::half_result,
                  Formula<static_cast<Fn>(i)>::steep, Formula<static_cast<Fn>(i)>::domain}...};
}

std::unordered_map<std::string_view, Fn> all_names() {
  std::unordered_map<std::string_view, Fn> names;
  for (int i = 0; i < kFnCount; ++i) names.emplace(name_of(static_cast<Fn>(i)), static_cast<Fn>(i));
  return names;
}

}  // namespace

std::optional<Fn> fn_of(std::string_view name) {
  // Never destroyed: static objects may use ops at exit.
  static const auto& by_name = *new std::unordered_map<std::string_view, Fn>(all_names());
  const auto found = by_name.find(name);
  return found == by_name.end() ? std::nullopt : std::optional(found->second);
}

const FnFacts& facts_of(Fn fn) {
  static constexpr auto kFacts = read_formulas(std::make_index_sequence<kFnCount>{});
  return kFacts[static_cast<std::size_t>(fn)];
}

}  // namespace weft
