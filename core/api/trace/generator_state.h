// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/api/trace/cell.h"

namespace weft::detail {

// The value of a generator's cell.
struct GeneratorState {
  std::int64_t seed = 0, call = 0;
};

// The state of a generator now.
GeneratorState read_state(Cell& cell);
// Starts a generator anew.
void set_state(Cell& cell, GeneratorState state);
// The state for one call, which no other thread gets; the generator moves on.
GeneratorState take_call(Cell& cell);

}  // namespace weft::detail
