// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <optional>
#include <string>

#include "kernels/cudnn/cuda_abi.h"
#include "kernels/cudnn/cuda_descriptor.h"

namespace weft::kernels::cudnn {

// A device that plans are made for.
struct Target {
  // A device of this machine. Throws DeviceError where cuDNN does not start on the device.
  Target(const Functions& functions, int device);
  // Any device, by its properties as cuDNN writes them: for plans that only another machine can run.
  Target(const Functions& functions, const std::string& json);
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const Functions& functions;
  Handle handle = nullptr;               // null: the device is not here
  std::optional<Descriptor> properties;  // of a device that is not here
  std::string text;                      // version and properties, on which a plan depends; empty where unknown
  mutable std::mutex mutex;              // a handle serves one thread at a time
};

// The target of a device of this machine, made once and kept until the process ends. Null where cuDNN is missing or
// does not start, which one log message says.
const Target* target_of(int device);

}  // namespace weft::kernels::cudnn
