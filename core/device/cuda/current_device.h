// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/device/cuda/check.h"

namespace weft::cuda_backend {

// Makes a device CUDA's current one in this thread for the scope's lifetime; then the user's choice comes back.
class [[nodiscard]] CurrentDevice {
 public:
  explicit CurrentDevice(int device) : device_(device) {
    WEFT_CUDA(cudaGetDevice(&before_));
    if (before_ != device_) WEFT_CUDA(cudaSetDevice(device_));
  }
  ~CurrentDevice() {
    if (before_ != device_) WEFT_CUDA_NOTHROW(cudaSetDevice(before_));
  }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int device_;
  int before_ = 0;
};

}  // namespace weft::cuda_backend
