// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "weft/detail/export.h"
#include "weft/variable.h"

namespace weft WEFT_EXPORT {
namespace detail {

// A number that programs assign and that is worth a word, but no error. The host looks at it after a run on the CPU,
// and on CUDA when a result of the run is read, so that no run waits.
class Watch {
 public:
  // Events to come after a value has been told: further values, a trace that finds out more, or none.
  enum class Next : std::uint8_t { kGoOn, kLookCloser, kEnd };

  // `number`: i64(), 0 while there is nothing to tell. `tell` gets each other value once.
  Watch(const Variable& number, std::function<Next(std::int64_t)> tell);
  // Looks at the number after the runs of the trace at hand. True if the trace shall find out more; a program that may
  // not be traced again goes on with the trace that it has.
  bool attach() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace detail
}  // namespace weft
