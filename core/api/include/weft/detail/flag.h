// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// A switch that programs notice. The value that a trace reads is part of the trace's key, so a program takes another
// trace when the value has changed. Copies share the switch, and any thread may turn it.
class Flag {
 public:
  // The switch's value, which copies share.
  using State = std::shared_ptr<std::atomic<bool>>;

  // A new switch in the given state.
  explicit Flag(bool on) : state_(std::make_shared<std::atomic<bool>>(on)) {}
  // No move: the switch of a module that was moved from stays usable.
  Flag(const Flag&) = default;
  Flag& operator=(const Flag&) = default;
  ~Flag() = default;
  // The state. In a trace, the read becomes a guard of the trace.
  bool get() const;
  // Switches this and its copies.
  void set(bool on) const { state_->store(on); }

 private:
  State state_;
};

}  // namespace weft
