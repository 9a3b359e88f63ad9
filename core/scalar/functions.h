// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "core/scalar/elementwise.h"

// Elementwise functions at run time: their names, and the facts that their formulas state.
namespace weft {

// The function of this name, which is also its op's; none for other names.
std::optional<Fn> fn_of(std::string_view name);

struct FnFacts {
  bool smooth, integers;
  SlopeReads reads;
  int flops;  // per element
  bool exact, half_result, steep;
  math::Domain domain;
};
// Facts of a formula (core/scalar/elementwise.h).
const FnFacts& facts_of(Fn fn);
// True for functions made of a library function such as exp: an order of magnitude dearer than arithmetic.
inline bool is_transcendental(Fn fn) { return facts_of(fn).flops >= math::kTranscendental; }

}  // namespace weft
