// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// A switch that programs notice. The value that a trace reads is part of the trace's key, so a program takes another
// trace when the value has changed. Copies share the switch.
class Flag {
 public:
  // A new switch in the given state.
  explicit Flag(bool on) : state_(std::make_shared<bool>(on)) {}
  // The state. In a trace, the read becomes a guard of the trace.
  bool get() const;
  // Switches this and its copies.
  void set(bool on) const { *state_ = on; }

 private:
  std::shared_ptr<bool> state_;
};

}  // namespace weft
