// SPDX-License-Identifier: Apache-2.0
#include "tests/emulator/src/runtime.h"

#include <algorithm>
#include <utility>

#include "tests/emulator/src/api_call.h"

namespace weft::emulator {

Runtime& Runtime::instance() {
  static auto* runtime = new Runtime;  // never destroyed: static objects of a program may free memory after main
  return *runtime;
}

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

bool is_context_error(cudaError_t error) {
  switch (error) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorContextIsDestroyed:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
      return true;
    default:
      return false;
  }
}

cudaError_t refuse_call(Runtime& runtime, Rule rule) {
  ++runtime.counted.api_calls;
  if (runtime.calls_until_error != 0 && --runtime.calls_until_error == 0) {
    if (is_context_error(runtime.planned_error)) runtime.fail_context(runtime.planned_error, "injected error");
    return runtime.planned_error;
  }
  if (rule == Rule::kNoDeviceNeeded) return cudaSuccess;
  if (runtime.device_count == 0) return cudaErrorNoDevice;
  if (runtime.sticky != cudaSuccess) return runtime.sticky;
  if (rule == Rule::kUnsafe || rule == Rule::kUnsafeRelease) {
    if (const auto capture = runtime.forbidding_capture()) {
      runtime.invalidate(*capture);
      return cudaErrorStreamCaptureUnsupported;
    }
  }
  return cudaSuccess;
}

void Runtime::fail_context(cudaError_t error, std::string text) {
  if (sticky == cudaSuccess) sticky = error;
  report = std::move(text);
  drop_work();
}

void Runtime::drop_work() {
  const auto drop = [](Stream& stream) {
    // A busy stream counts its running operation itself.
    stream.queue.clear();
    stream.completed = stream.busy ? stream.submitted - 1 : stream.submitted;
  };
  for (const auto& [handle, stream] : streams) drop(*stream);
  for (const auto& [device, stream] : legacy_streams) drop(*stream);
  // Their cudaFreeAsync was dropped too.
  std::vector<const void*> retired;
  for (const auto& [address, allocation] : allocations) {
    if (allocation.retired) retired.push_back(allocation.memory.get());
  }
  for (const void* pointer : retired) release(pointer);
  progress.notify_all();
}

std::uint64_t Runtime::next_schedule_seed() {
  // Another order for every launch, the same ones in every run.
  return seed == 0 ? 0 : seed * 0x100000001b3u + ++schedules;
}

StreamPointer Runtime::find_stream(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy) {
    StreamPointer& stream = legacy_streams[thread_state().device];
    if (stream == nullptr) {
      stream = std::make_shared<Stream>();
      stream->device = thread_state().device;
      stream->legacy = true;
    }
    return stream;
  }
  const auto found = streams.find(handle);
  return found == streams.end() ? nullptr : found->second;
}

cudaError_t Runtime::submit(const StreamPointer& stream, cudaGraphNodeType type, std::function<void(Lock&)> run) {
  if (stream->legacy) {
    bool refused = false;
    for (const auto& capture : captures) {
      if (!capture->ended && capture->origin->blocking && capture->origin->device == stream->device) {
        capture->valid = false;
        refused = true;
      }
    }
    if (refused) return cudaErrorStreamCaptureImplicit;
  }
  if (stream->capture == nullptr) {
    enqueue(stream, std::move(run));
    return cudaSuccess;
  }
  Capture& capture = *stream->capture;
  if (!capture.valid) return cudaErrorStreamCaptureInvalidated;
  auto node = std::make_shared<CUgraphNode_st>();
  node->type = type;
  node->run = std::move(run);
  node->after = std::move(stream->frontier);
  stream->frontier = {capture.nodes.size()};
  capture.nodes.push_back(std::move(node));
  return cudaSuccess;
}

void Runtime::enqueue(const StreamPointer& stream, std::function<void(Lock&)> run, std::vector<Stream::Point> after) {
  const auto follow = [&](const StreamPointer& other) {
    if (other != stream && other->pending()) after.push_back({other, other->submitted});
  };
  if (stream->legacy) {
    for (const auto& [handle, other] : streams) {
      if (other->blocking && other->device == stream->device) follow(other);
    }
  } else if (stream->blocking) {
    const auto legacy = legacy_streams.find(stream->device);
    if (legacy != legacy_streams.end()) follow(legacy->second);
  }
  ++stream->submitted;
  stream->queue.push_back({std::move(run), std::move(after), ++issued});
}

void Runtime::run_front(Lock& lock, const StreamPointer& stream) {
  Stream::Operation operation = std::move(stream->queue.front());
  stream->queue.pop_front();
  stream->busy = true;
  for (const Stream::Point& point : operation.after) run_until(lock, point);
  if (sticky == cudaSuccess) operation.run(lock);
  stream->busy = false;
  ++stream->completed;
  progress.notify_all();
}

void Runtime::run_until(Lock& lock, const Stream::Point& point) {
  while (!point.reached()) {
    if (point.stream->busy) {
      progress.wait(lock);  // another thread runs its front operation
    } else {
      run_front(lock, point.stream);
    }
  }
}

StreamPointer Runtime::next_pending() {
  std::vector<StreamPointer> ready;
  const auto add = [&](const StreamPointer& stream) {
    if (!stream->queue.empty() && !stream->busy) ready.push_back(stream);
  };
  for (const auto& [handle, stream] : streams) add(stream);
  for (const auto& [device, stream] : legacy_streams) add(stream);
  if (ready.empty()) return nullptr;
  const auto issued_first = [](const StreamPointer& a, const StreamPointer& b) {
    return a->queue.front().issued < b->queue.front().issued;
  };
  if (seed == 0) return *std::min_element(ready.begin(), ready.end(), issued_first);
  std::sort(ready.begin(), ready.end(), issued_first);
  return ready[Random(next_schedule_seed()).below(ready.size())];
}

void Runtime::run_all(Lock& lock) {
  for (;;) {
    if (const StreamPointer stream = next_pending()) {
      run_front(lock, stream);
      continue;
    }
    const auto pending = [](const auto& entry) { return entry.second->pending(); };
    if (std::none_of(streams.begin(), streams.end(), pending) &&
        std::none_of(legacy_streams.begin(), legacy_streams.end(), pending)) {
      return;
    }
    progress.wait(lock);
  }
}

void Runtime::run_nodes(Lock& lock, const std::vector<std::shared_ptr<CUgraphNode_st>>& nodes) {
  std::vector<std::size_t> left(nodes.size());
  std::vector<std::size_t> ready;
  std::vector<std::vector<std::size_t>> followers(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    left[i] = nodes[i]->after.size();
    for (const std::size_t before : nodes[i]->after) followers[before].push_back(i);
    if (left[i] == 0) ready.push_back(i);
  }
  Random random(next_schedule_seed());
  while (!ready.empty() && sticky == cudaSuccess) {
    // Natural order is the order of capture.
    const auto pick = seed == 0 ? std::min_element(ready.begin(), ready.end())
                                : ready.begin() + static_cast<std::ptrdiff_t>(random.below(ready.size()));
    const std::size_t node = *pick;
    ready.erase(pick);
    if (nodes[node]->run) nodes[node]->run(lock);
    for (const std::size_t follower : followers[node]) {
      if (--left[follower] == 0) ready.push_back(follower);
    }
  }
}

}  // namespace weft::emulator
