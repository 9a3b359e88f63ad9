// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "weft/export.h"

namespace weft WEFT_EXPORT {

// A switch that programs notice: reading it while tracing makes its value part of the trace's key, so a program picks
// (or makes) another trace when it has changed. Copying shares the switch.
class Flag {
 public:
  explicit Flag(bool on) : state_(std::make_shared<bool>(on)) {}
  bool get() const;
  void set(bool on) const { *state_ = on; }

 private:
  std::shared_ptr<bool> state_;
};

}  // namespace weft
