// SPDX-License-Identifier: Apache-2.0
#include "core/api/program/generator_turns.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "core/api/trace/generator_state.h"

namespace weft::detail {

GeneratorTurns::GeneratorTurns(Traced& traced, std::vector<Array>& inputs, std::vector<Array>& targets) {
  const std::vector<Trace::Draws>& draws = traced.trace.draws;
  if (draws.empty()) return;
  if (traced.trace.device.is_cpu()) {
    traced.states.resize(draws.size());
    for (std::size_t i = 0; i < draws.size(); ++i) {
      Array& state = traced.states[i];
      if (!state.defined()) state = Array::empty(draws[i].state->spec(), Stream());
      const GeneratorState taken = take_call(*draws[i].state);
      std::memcpy(state.data(), &taken, sizeof taken);
      inputs[draws[i].input] = targets[draws[i].output] = state;
    }
    return;
  }
  // In one order for all threads, so that none waits for another in a circle.
  std::vector<Cell*> cells;
  for (const Trace::Draws& d : draws) cells.push_back(d.state.get());
  std::ranges::sort(cells, std::less<>());
  for (Cell* cell : cells) {
    held_.emplace_back(cell->turn);
    cell->before_write();
  }
}

}  // namespace weft::detail
