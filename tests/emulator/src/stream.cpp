// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"

namespace weft::emulator {
namespace {

constexpr int kGreatestPriority = -5;

cudaError_t create_stream(cudaStream_t* handle, unsigned flags, int priority) {
  // Any priority is accepted and brought into range; nothing runs out of turn here.
  static_cast<void>(priority);
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    if (handle == nullptr || (flags & ~unsigned{cudaStreamNonBlocking}) != 0) return cudaErrorInvalidValue;
    auto stream = std::make_shared<Stream>();
    stream->device = thread_state().device;
    stream->blocking = flags == cudaStreamDefault;
    *handle = stream.get();
    runtime.streams[*handle] = std::move(stream);
    return cudaSuccess;
  });
}

// Runs body(runtime, lock, stream) when the stream exists and is not capturing.
template <class Body>
cudaError_t waiting_call(cudaStream_t handle, Body&& body) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock& lock) {
    const StreamPointer stream = runtime.find_stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture != nullptr) {
      runtime.invalidate(*stream->capture);
      return cudaErrorStreamCaptureUnsupported;
    }
    if (stream->legacy && runtime.any_blocking_capture(stream->device)) return cudaErrorStreamCaptureImplicit;
    return body(runtime, lock, stream);
  });
}

// Whatever the legacy stream would wait for, its synchronization waits for.
void wait_for(Runtime& runtime, Lock& lock, const StreamPointer& stream) {
  if (stream->legacy) runtime.enqueue(stream, [](Lock&) {});
  runtime.run_until(lock, {stream, stream->submitted});
}

}  // namespace

bool Runtime::any_blocking_capture(int device) {
  bool found = false;
  for (const auto& capture : captures) {
    if (!capture->origin->blocking || capture->origin->device != device) continue;
    invalidate(*capture);
    found = true;
  }
  return found;
}

}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return create_stream(stream, cudaStreamDefault, 0); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return create_stream(stream, flags, 0);
}

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned int flags, int priority) {
  return create_stream(stream, flags, priority);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return api_call(Rule::kPlain, [&](Runtime&, Lock&) {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = kGreatestPriority;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return api_call(Rule::kRelease, [&](Runtime& runtime, Lock& lock) {
    const auto found = runtime.streams.find(handle);
    if (found == runtime.streams.end()) return cudaErrorInvalidResourceHandle;
    const StreamPointer stream = found->second;
    if (stream->capture != nullptr) {
      runtime.invalidate(*stream->capture);
      return cudaErrorStreamCaptureUnsupported;
    }
    runtime.run_until(lock, {stream, stream->submitted});
    runtime.streams.erase(handle);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return waiting_call(handle, [](Runtime& runtime, Lock& lock, const StreamPointer& stream) {
    ++runtime.counted.synchronizations;
    wait_for(runtime, lock, stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return waiting_call(handle, [](Runtime& runtime, Lock& lock, const StreamPointer& stream) {
    // Not ready once, so that callers meet both answers; then ready, so that polling ends.
    const bool was_pending = stream->pending();
    wait_for(runtime, lock, stream);
    return was_pending ? cudaErrorNotReady : cudaSuccess;
  });
}

cudaError_t cudaDeviceSynchronize() {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock& lock) {
    if (!runtime.captures.empty()) {
      for (const auto& capture : runtime.captures) runtime.invalidate(*capture);
      return cudaErrorStreamCaptureUnsupported;
    }
    ++runtime.counted.synchronizations;
    runtime.run_all(lock);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned int flags) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(handle);
    const auto found = runtime.events.find(event);
    if (stream == nullptr || found == runtime.events.end()) return cudaErrorInvalidResourceHandle;
    if (flags != cudaEventWaitDefault) return cudaErrorInvalidValue;
    const CUevent_st& recorded = *found->second;
    if (recorded.capture == nullptr) {
      if (stream->capture != nullptr) {
        runtime.invalidate(*stream->capture);
        return cudaErrorStreamCaptureIsolation;
      }
      if (!recorded.point.reached()) runtime.enqueue(stream, [](Lock&) {}, {recorded.point});
      return cudaSuccess;
    }
    if (recorded.capture->ended) return cudaErrorCapturedEvent;
    if (!recorded.capture->valid) return cudaErrorStreamCaptureInvalidated;
    if (stream->legacy) {
      runtime.invalidate(*recorded.capture);
      return cudaErrorStreamCaptureImplicit;
    }
    if (stream->capture != nullptr && stream->capture != recorded.capture) {
      runtime.invalidate(*stream->capture);
      runtime.invalidate(*recorded.capture);
      return cudaErrorStreamCaptureMerge;
    }
    if (stream->capture == nullptr) {
      stream->capture = recorded.capture;
      stream->capture->streams.push_back(stream);
    }
    for (const std::size_t node : recorded.frontier) {
      auto& frontier = stream->frontier;
      if (std::find(frontier.begin(), frontier.end(), node) == frontier.end()) frontier.push_back(node);
    }
    return cudaSuccess;
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t function, void* user_data) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) {
    const StreamPointer stream = runtime.find_stream(handle);
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (function == nullptr) return cudaErrorInvalidValue;
    return runtime.submit(stream, cudaGraphNodeTypeHost, [function, user_data](Lock& lock) {
      // Without the lock: the function may wait for a mutex whose owner is in a CUDA call.
      lock.unlock();
      thread_state().in_host_function = true;
      function(user_data);
      thread_state().in_host_function = false;
      lock.lock();
    });
  });
}
