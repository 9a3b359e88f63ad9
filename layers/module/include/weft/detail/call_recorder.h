// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {
namespace detail {

// One finished call of a layer. `module` is null for a lambda in a Sequential.
struct LayerCall {
  std::string path;
  const Module* module;
  Tensor output;
};

// Gives every layer call that this thread finishes to `listen`, for the scope's lifetime.
class [[nodiscard]] CallRecorder {
 public:
  explicit CallRecorder(std::function<void(LayerCall)> listen);
  ~CallRecorder();
  CallRecorder(const CallRecorder&) = delete;
  CallRecorder& operator=(const CallRecorder&) = delete;

  static void record(const Module* module, const Tensor& output);

 private:
  std::function<void(LayerCall)> listen_;
  CallRecorder* before_;
};

}  // namespace detail
}  // namespace weft
