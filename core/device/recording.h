// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

#include "core/device/stream.h"

namespace weft {

// Work of a CUDA device, recorded once and from then on enqueued with one call: a CUDA graph.
class Recording {
 public:
  Recording() = default;
  // Records the work that `work` enqueues on its stream; nothing runs now. Addresses are recorded, contents are not.
  // Throws what `work` throws, and DeviceError where something cannot be recorded.
  Recording(Device device, const std::function<void(const Stream&)>& work);

  explicit operator bool() const { return graph_ != nullptr; }
  void run(const Stream& stream) const;

 private:
  std::shared_ptr<void> graph_;
};

}  // namespace weft
