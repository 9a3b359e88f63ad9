// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "weft/detail/export.h"
#include "weft/device.h"

namespace weft WEFT_EXPORT {

// Enqueues this thread's work on a CUDA device (ops, programs, copies) on the user's stream, for the scope's lifetime.
// Nothing waits on the host; results are ready when that stream has run. The stream (a cudaStream_t) must outlive all
// tensors made meanwhile and the sessions that ran there. No effect on the CPU.
class [[nodiscard]] UserStream {
 public:
  // Directs this thread's work on `device` to `cuda_stream`.
  UserStream(Device device, void* cuda_stream);
  ~UserStream();
  UserStream(const UserStream&) = delete;
  UserStream& operator=(const UserStream&) = delete;

 private:
  struct Scope;
  std::unique_ptr<Scope> scope_;
};

}  // namespace weft
