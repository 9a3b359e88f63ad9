// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/emulator/src/runtime.h"

namespace weft::emulator {

// The door of every API call: kUnsafe calls may not be made while a stream captures; kRelease gives something back,
// which happens even when the context is lost, so that a failed test leaks nothing.
enum class Rule { kPlain, kUnsafe, kRelease, kUnsafeRelease, kNoDeviceNeeded };

// The error that the call returns without doing its work; cudaSuccess to go on. Called under the lock.
cudaError_t refuse_call(Runtime& runtime, Rule rule);

inline cudaError_t record_error(cudaError_t error) {
  if (error != cudaSuccess) thread_state().last_error = error;
  return error;
}

// Runs body(runtime, lock) by the rule and records the error it gives for cudaGetLastError.
template <class Body>
cudaError_t api_call(Rule rule, Body&& body) {
  if (thread_state().in_host_function) return record_error(cudaErrorNotPermitted);
  Runtime& runtime = Runtime::instance();
  Lock lock(runtime.mutex);
  const cudaError_t refused = refuse_call(runtime, rule);
  const bool releases = rule == Rule::kRelease || rule == Rule::kUnsafeRelease;
  if (refused != cudaSuccess && !(releases && refused == runtime.sticky)) return record_error(refused);
  const cudaError_t error = body(runtime, lock);
  return record_error(runtime.sticky != cudaSuccess ? runtime.sticky : error);
}

}  // namespace weft::emulator
