// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// A name in the layer path of this thread's errors, for the scope's lifetime: Scope a("model"), b("fc") give
// "model.fc". Modules open a scope for every layer that they call.
class Scope {
 public:
  // An empty name adds nothing.
  [[nodiscard]] explicit Scope(std::string_view name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // The path of this thread now.
  static const std::string& path();

 private:
  std::string before_;
};

// True while this thread traces a program.
bool tracing();

}  // namespace weft
