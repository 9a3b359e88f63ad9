// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>
#include <vector>

#include "emulated/runtime_api.h"
#include "tests/emulator/src/api_call.h"

namespace weft::emulator {
namespace {

struct Rectangle {
  char* to;
  std::size_t to_pitch;
  const char* from;
  std::size_t from_pitch;
  std::size_t width;
  std::size_t height;
};

// memcpy, so that ASan also sees an overlap.
void copy_rows(const Rectangle& r) {
  for (std::size_t row = 0; row < r.height; ++row) {
    std::memcpy(r.to + row * r.to_pitch, r.from + row * r.from_pitch, r.width);
  }
}

// Finds the memory of [pointer, pointer + bytes); false if the range begins in an allocation and ends outside of it.
bool locate(Runtime& runtime, const void* pointer, std::size_t bytes, Place* place) {
  *place = Place::kPageable;
  const auto found = runtime.find_allocation(pointer);
  if (found == runtime.allocations.end()) return true;
  *place = found->second.place;
  return reinterpret_cast<std::uintptr_t>(pointer) + bytes <= found->first + found->second.bytes;
}

bool kind_fits(cudaMemcpyKind kind, Place to, Place from) {
  const bool to_device = to == Place::kDevice;
  const bool from_device = from == Place::kDevice;
  switch (kind) {
    case cudaMemcpyHostToHost:
      return !to_device && !from_device;
    case cudaMemcpyHostToDevice:
      return to_device && !from_device;
    case cudaMemcpyDeviceToHost:
      return !to_device && from_device;
    case cudaMemcpyDeviceToDevice:
      return to_device && from_device;
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

std::shared_ptr<std::vector<char>> stage(Rectangle& r) {
  auto staged = std::make_shared<std::vector<char>>(r.width * r.height);
  copy_rows({staged->data(), r.width, r.from, r.from_pitch, r.width, r.height});
  r.from = staged->data();
  r.from_pitch = r.width;
  return staged;
}

// Queues the copy. Pinned and device memory is read and written when the copy runs; pageable memory is read at the
// call, and the call waits when it is written.
cudaError_t copy(Runtime& runtime, Lock& lock, Rectangle r, cudaMemcpyKind kind, cudaStream_t stream, bool blocking) {
  const StreamPointer on = runtime.find_stream(stream);
  if (on == nullptr) return cudaErrorInvalidResourceHandle;
  if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) return cudaErrorInvalidMemcpyDirection;
  if (r.width == 0 || r.height == 0) return cudaSuccess;
  if (r.to == nullptr || r.from == nullptr) return cudaErrorInvalidValue;
  if (r.to_pitch < r.width || r.from_pitch < r.width) return cudaErrorInvalidPitchValue;
  Place to{};
  Place from{};
  if (!locate(runtime, r.to, r.to_pitch * (r.height - 1) + r.width, &to) ||
      !locate(runtime, r.from, r.from_pitch * (r.height - 1) + r.width, &from) || !kind_fits(kind, to, from)) {
    return cudaErrorInvalidValue;
  }
  if (on->capture != nullptr) {
    // A replay would read the pageable bytes of the day; keep captured programs to pinned memory.
    if (to == Place::kPageable || from == Place::kPageable) {
      runtime.invalidate(*on->capture);
      return cudaErrorStreamCaptureUnsupported;
    }
    return runtime.submit(on, cudaGraphNodeTypeMemcpy, [r](Lock&) { copy_rows(r); });
  }
  ++runtime.counted.copies;
  std::shared_ptr<std::vector<char>> staged;
  if (from == Place::kPageable) staged = stage(r);
  const cudaError_t submitted = runtime.submit(on, cudaGraphNodeTypeMemcpy, [r, staged](Lock&) { copy_rows(r); });
  if (submitted != cudaSuccess) return submitted;
  const bool within_device = to == Place::kDevice && from == Place::kDevice;
  if ((blocking && !within_device) || to == Place::kPageable) {
    ++runtime.counted.synchronizations;
    runtime.run_until(lock, {on, on->submitted});
  }
  return cudaSuccess;
}

cudaError_t fill(Runtime& runtime, void* pointer, int value, std::size_t bytes, cudaStream_t stream) {
  const StreamPointer on = runtime.find_stream(stream);
  if (on == nullptr) return cudaErrorInvalidResourceHandle;
  if (bytes == 0) return cudaSuccess;
  Place place{};
  if (!locate(runtime, pointer, bytes, &place) || place == Place::kPageable) return cudaErrorInvalidValue;
  return runtime.submit(on, cudaGraphNodeTypeMemset, [=](Lock&) { std::memset(pointer, value, bytes); });
}

Rectangle one_row(void* to, const void* from, std::size_t bytes) {
  return {static_cast<char*>(to), bytes, static_cast<const char*>(from), bytes, bytes, 1};
}

}  // namespace
}  // namespace weft::emulator

using namespace weft::emulator;

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return api_call(Rule::kUnsafe, [&](Runtime& runtime, Lock& lock) {
    return copy(runtime, lock, one_row(to, from, bytes), kind, nullptr, true);
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock& lock) {
    return copy(runtime, lock, one_row(to, from, bytes), kind, stream, false);
  });
}

cudaError_t cudaMemcpy2DAsync(void* to, size_t to_pitch, const void* from, size_t from_pitch, size_t width,
                              size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock& lock) {
    const Rectangle r{static_cast<char*>(to), to_pitch, static_cast<const char*>(from), from_pitch, width, height};
    return copy(runtime, lock, r, kind, stream, false);
  });
}

cudaError_t cudaMemset(void* pointer, int value, size_t bytes) {
  return api_call(Rule::kUnsafe,
                  [&](Runtime& runtime, Lock&) { return fill(runtime, pointer, value, bytes, nullptr); });
}

cudaError_t cudaMemsetAsync(void* pointer, int value, size_t bytes, cudaStream_t stream) {
  return api_call(Rule::kPlain, [&](Runtime& runtime, Lock&) { return fill(runtime, pointer, value, bytes, stream); });
}
