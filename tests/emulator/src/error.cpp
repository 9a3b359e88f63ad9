// SPDX-License-Identifier: Apache-2.0
#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"

using namespace weft::emulator;

// A lost context is reported for ever; any other error once.
cudaError_t cudaGetLastError() {
  const cudaError_t error = cudaPeekAtLastError();
  thread_state().last_error = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() {
  Runtime& runtime = Runtime::instance();
  const Lock lock(runtime.mutex);
  return runtime.sticky != cudaSuccess ? runtime.sticky : thread_state().last_error;
}

#define WEFT_EMULATED_NAME(name, code, text) \
  case name:                                 \
    return #name;
#define WEFT_EMULATED_TEXT(name, code, text) \
  case name:                                 \
    return text;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) { WEFT_EMULATED_CUDA_ERRORS(WEFT_EMULATED_NAME) }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) { WEFT_EMULATED_CUDA_ERRORS(WEFT_EMULATED_TEXT) }
  return "unrecognized error code";
}
