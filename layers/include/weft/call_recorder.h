// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "weft/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// One finished call of a layer.
struct LayerCall {
  std::string path;      // "2.fc"
  const Module* module;  // null for a lambda in a Sequential
  Tensor output;
};

// While it lives, `listen` hears of every layer call that this thread finishes: summaries, searches for a bad value.
class [[nodiscard]] CallRecorder {
 public:
  explicit CallRecorder(std::function<void(const LayerCall&)> listen);
  ~CallRecorder();
  CallRecorder(const CallRecorder&) = delete;
  CallRecorder& operator=(const CallRecorder&) = delete;

  // Called by modules.
  static void record(const Module* module, const Tensor& output);

 private:
  std::function<void(const LayerCall&)> listen_;
  CallRecorder* before_;
};

}  // namespace WEFT_EXPORT
