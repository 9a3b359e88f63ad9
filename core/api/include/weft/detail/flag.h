// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// A switch that programs notice: reading it while tracing makes its value part of the trace's key, so a program picks
// (or makes) another trace when it has changed. Copying shares the switch.
class Flag {
 public:
  // A switch of its own.
  explicit Flag(bool on) : state_(std::make_shared<bool>(on)) {}
  // The state; keys the trace at hand.
  bool get() const;
  // Switches this and its copies.
  void set(bool on) const { *state_ = on; }

 private:
  std::shared_ptr<bool> state_;
};

}  // namespace weft
