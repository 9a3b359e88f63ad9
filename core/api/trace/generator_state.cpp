// SPDX-License-Identifier: Apache-2.0
#include "core/api/trace/generator_state.h"

#include <mutex>

namespace weft::detail {
namespace {

GeneratorState held_state(Cell& cell) {
  GeneratorState state;
  cell.array().copy_to_host(&state);
  return state;
}

void write(Cell& cell, GeneratorState state) { cell.write(Array::from_host(&state, cell.spec(), Stream()), {}); }

}  // namespace

GeneratorState read_state(Cell& cell) {
  const std::lock_guard lock(cell.turn);
  return held_state(cell);
}

void set_state(Cell& cell, GeneratorState state) {
  const std::lock_guard lock(cell.turn);
  write(cell, state);
}

GeneratorState take_call(Cell& cell) {
  const std::lock_guard lock(cell.turn);
  if (cell.array().device().is_cuda()) {
    const GeneratorState state = held_state(cell);
    write(cell, {state.seed, state.call + 1});
    return state;
  }
  cell.before_write();
  auto* const state = static_cast<GeneratorState*>(cell.array().data());
  const GeneratorState taken = *state;
  ++state->call;
  return taken;
}

}  // namespace weft::detail
