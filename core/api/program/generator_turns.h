// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "core/api/program/program_cache.h"

namespace weft::detail {

// Gives one run of a program a draw of its own from each of its generators, although other threads draw, too. On the
// CPU the run works on a copy of the state, and the generator moves on at once. On CUDA the generator is held until the
// run is enqueued, because only the device knows its state.
class [[nodiscard]] GeneratorTurns {
 public:
  // Puts the copies in the places of the states.
  GeneratorTurns(Traced& traced, std::vector<Array>& inputs, std::vector<Array>& targets);

 private:
  std::vector<std::unique_lock<std::mutex>> held_;
};

}  // namespace weft::detail
