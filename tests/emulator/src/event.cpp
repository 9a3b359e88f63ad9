// SPDX-License-Identifier: Apache-2.0
#include "emulated/runtime_api.h"

#include <ratio>
#include "tests/emulator/src/api_call.h"

namespace weft::emulator {
namespace {

// Runs body(runtime, lock, event) when the event exists.
template <class Body>
cudaError_t event_call(Rule rule, cudaEvent_t handle, Body&& body) {
  return api_call(rule, [&](Runtime& runtime, Lock& lock) {
    const auto found = runtime.events.find(handle);
    if (found == runtime.events.end()) return cudaErrorInvalidResourceHandle;
    return body(runtime, lock, *found->second);
  });
}

}  // namespace
}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* handle, unsigned int flags) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const unsigned known = cudaEventBlockingSync | cudaEventDisableTiming;
    if (handle == nullptr || (flags & ~known) != 0) return cudaErrorInvalidValue;
    auto event = std::make_shared<CUevent_st>();
    event->timed = (flags & cudaEventDisableTiming) == 0;
    *handle = event.get();
    runtime.events[*handle] = std::move(event);
    return cudaSuccess;
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return event_call(Rule::kRelease, handle, [&](Runtime& runtime, Lock&, CUevent_st&) {
    runtime.events.erase(handle);
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t on) {
  return event_call(Rule::kPlain, handle, [&](Runtime& runtime, Lock&, CUevent_st& event) {
    const StreamPointer stream = runtime.find_stream(on);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->legacy && runtime.any_blocking_capture(stream->device)) return cudaErrorStreamCaptureImplicit;
    if (stream->capture != nullptr) {
      if (!stream->capture->valid) return cudaErrorStreamCaptureInvalidated;
      event.capture = stream->capture;
      event.frontier = stream->frontier;
      return cudaSuccess;
    }
    event.capture = nullptr;
    event.time = std::make_shared<std::chrono::steady_clock::time_point>();
    runtime.enqueue(stream, [time = event.time](Lock&) { *time = std::chrono::steady_clock::now(); });
    event.point = {stream, stream->submitted};
    return cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return event_call(Rule::kPlain, handle, [](Runtime& runtime, Lock& lock, CUevent_st& event) {
    if (event.capture != nullptr) {
      runtime.invalidate(*event.capture);
      return cudaErrorCapturedEvent;
    }
    ++runtime.counted.synchronizations;
    runtime.run_until(lock, event.point);
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return event_call(Rule::kUnsafe, handle, [](Runtime& runtime, Lock& lock, CUevent_st& event) {
    if (event.capture != nullptr) {
      runtime.invalidate(*event.capture);
      return cudaErrorCapturedEvent;
    }
    if (event.point.reached()) return cudaSuccess;
    runtime.run_until(lock, event.point);
    return cudaErrorNotReady;  // this once, see cudaStreamQuery
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const auto first = runtime.events.find(start);
    const auto last = runtime.events.find(end);
    if (milliseconds == nullptr) return cudaErrorInvalidValue;
    if (first == runtime.events.end() || last == runtime.events.end()) return cudaErrorInvalidResourceHandle;
    const CUevent_st& a = *first->second;
    const CUevent_st& b = *last->second;
    if (!a.timed || !b.timed || a.time == nullptr || b.time == nullptr) return cudaErrorInvalidResourceHandle;
    if (!a.point.reached() || !b.point.reached()) return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(*b.time - *a.time).count();
    return cudaSuccess;
  });
}
