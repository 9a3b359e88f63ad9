// SPDX-License-Identifier: Apache-2.0
#include "core/device/cuda/check.h"

#include <string>

#include "core/base/check.h"
#include "weft/log.h"

namespace weft::cuda_backend {

namespace {
std::string message(cudaError_t error, const char* call) {
  return cat(call, " failed: ", cudaGetErrorName(error), ": ", cudaGetErrorString(error));
}
}  // namespace

void throw_cuda_error(cudaError_t error, const char* call) {
  // Takes the error out of the runtime's memory, so that the next check does not report it again.
  static_cast<void>(cudaGetLastError());
  fail<DeviceError>("cuda", message(error, call));
}

void log_cuda_error(cudaError_t error, const char* call) noexcept {
  if (error == cudaErrorCudartUnloading) return;
  static_cast<void>(cudaGetLastError());
  try {
    log(LogLevel::kWarning, message(error, call));
  } catch (...) {  // a log callback that throws must not end the program from a destructor
  }
}

}  // namespace weft::cuda_backend
