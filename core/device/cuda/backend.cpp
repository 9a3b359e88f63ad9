// SPDX-License-Identifier: Apache-2.0
#include "core/device/backend.h"

#include "core/base/check.h"
#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"

namespace weft::cuda_backend {

namespace {

cudaStream_t as_stream(void* stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t as_event(void* event) { return static_cast<cudaEvent_t>(event); }

// 13000 → "13.0"
std::string version_text(int version) { return cat(version / 1000, ".", version % 1000 / 10); }

std::string why_no_driver() {
  int driver = 0;
  int runtime = 0;
  WEFT_CUDA_NOTHROW(cudaDriverGetVersion(&driver));
  WEFT_CUDA_NOTHROW(cudaRuntimeGetVersion(&runtime));
  if (driver == 0) return "no CUDA driver found";
  return cat("the CUDA driver (", version_text(driver), ") is too old for CUDA ", version_text(runtime));
}

}  // namespace

Found find_devices() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return {count, ""};
  static_cast<void>(cudaGetLastError());
  if (error == cudaSuccess || error == cudaErrorNoDevice) return {0, "no CUDA device found"};
  if (error == cudaErrorInsufficientDriver) return {0, why_no_driver()};
  return {0, cat("CUDA does not start: ", cudaGetErrorName(error), ": ", cudaGetErrorString(error))};
}

std::string describe(int device) {
  cudaDeviceProp properties{};
  int driver = 0;
  WEFT_CUDA(cudaGetDeviceProperties(&properties, device));
  WEFT_CUDA(cudaDriverGetVersion(&driver));
  return cat(properties.name, ", driver ", version_text(driver));
}

std::shared_ptr<void> create_stream(int device) {
  const CurrentDevice current(device);
  cudaStream_t stream = nullptr;
  // Not blocking, because work on the legacy default stream of the user's program would hold weft's up.
  WEFT_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return {stream, [](void* handle) { WEFT_CUDA_NOTHROW(cudaStreamDestroy(as_stream(handle))); }};
}

void synchronize_device(int device) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaDeviceSynchronize());
}

void synchronize_stream(int device, void* stream) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaStreamSynchronize(as_stream(stream)));
}

void enqueue_host(int device, void* stream, std::function<void()> f) {
  const CurrentDevice current(device);
  auto kept = std::make_unique<std::function<void()>>(std::move(f));
  const auto call = [](void* data) {
    const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(data));
    (*owned)();
  };
  WEFT_CUDA(cudaLaunchHostFunc(as_stream(stream), call, kept.get()));
  static_cast<void>(kept.release());  // the call owns it now
}

bool is_capturing(int device, void* stream) {
  const CurrentDevice current(device);
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  WEFT_CUDA(cudaStreamIsCapturing(as_stream(stream), &status));
  return status != cudaStreamCaptureStatusNone;
}

std::shared_ptr<void> create_event(int device) {
  const CurrentDevice current(device);
  cudaEvent_t event = nullptr;
  WEFT_CUDA(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  return {event, [](void* handle) { WEFT_CUDA_NOTHROW(cudaEventDestroy(as_event(handle))); }};
}

std::shared_ptr<void> create_timed_event(int device) {
  const CurrentDevice current(device);
  cudaEvent_t event = nullptr;
  WEFT_CUDA(cudaEventCreate(&event));
  return {event, [](void* handle) { WEFT_CUDA_NOTHROW(cudaEventDestroy(as_event(handle))); }};
}

double seconds_between(int device, void* first, void* second) {
  const CurrentDevice current(device);
  float milliseconds = 0;
  WEFT_CUDA(cudaEventElapsedTime(&milliseconds, as_event(first), as_event(second)));
  return milliseconds / 1e3;
}

void record_event(int device, void* event, void* stream) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaEventRecord(as_event(event), as_stream(stream)));
}

void wait_event(int device, void* stream, void* event) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaStreamWaitEvent(as_stream(stream), as_event(event), 0));
}

bool event_ready(int device, void* event) {
  const CurrentDevice current(device);
  // Relaxes the capture mode, because CUDA would fail this harmless question and the capture of another thread with it.
  cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
  WEFT_CUDA(cudaThreadExchangeStreamCaptureMode(&mode));
  const cudaError_t status = cudaEventQuery(as_event(event));
  WEFT_CUDA(cudaThreadExchangeStreamCaptureMode(&mode));
  if (status == cudaErrorNotReady) {
    static_cast<void>(cudaGetLastError());
    return false;
  }
  WEFT_CUDA(status);
  return true;
}

void synchronize_event(int device, void* event) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaEventSynchronize(as_event(event)));
}

void begin_capture(int device, void* stream) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaStreamBeginCapture(as_stream(stream), cudaStreamCaptureModeThreadLocal));
}

std::shared_ptr<void> end_capture(int device, void* stream) {
  const CurrentDevice current(device);
  cudaGraph_t graph = nullptr;
  WEFT_CUDA(cudaStreamEndCapture(as_stream(stream), &graph));
  cudaGraphExec_t ready = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&ready, graph, 0);
  WEFT_CUDA_NOTHROW(cudaGraphDestroy(graph));
  WEFT_CUDA(error);
  return {ready, [](void* handle) { WEFT_CUDA_NOTHROW(cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(handle))); }};
}

void launch_graph(int device, void* graph, void* stream) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaGraphLaunch(static_cast<cudaGraphExec_t>(graph), as_stream(stream)));
}

void* allocate(int device, std::size_t bytes) {
  const CurrentDevice current(device);
  void* data = nullptr;
  const cudaError_t error = cudaMalloc(&data, bytes);
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    return nullptr;
  }
  if (error != cudaSuccess) throw_cuda_error(error, "cudaMalloc(&data, bytes)");
  return data;
}

void release(int, void* data) noexcept { WEFT_CUDA_NOTHROW(cudaFree(data)); }

std::size_t free_bytes(int device) {
  const CurrentDevice current(device);
  std::size_t free = 0;
  std::size_t total = 0;
  WEFT_CUDA(cudaMemGetInfo(&free, &total));
  return free;
}

void* allocate_pinned(int device, std::size_t bytes) {
  const CurrentDevice current(device);
  void* data = nullptr;
  const cudaError_t error = cudaHostAlloc(&data, bytes, cudaHostAllocPortable);
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    fail<OutOfMemory>("allocate", "asked for ", bytes, " bytes of page-locked host memory, and there are none left");
  }
  if (error != cudaSuccess) throw_cuda_error(error, "cudaHostAlloc(&data, bytes, cudaHostAllocPortable)");
  return data;
}

void release_pinned(int device, void* data) noexcept {
  int before = 0;
  WEFT_CUDA_NOTHROW(cudaGetDevice(&before));
  WEFT_CUDA_NOTHROW(cudaSetDevice(device));
  WEFT_CUDA_NOTHROW(cudaDeviceSynchronize());  // a copy from or to it may still be under way
  WEFT_CUDA_NOTHROW(cudaFreeHost(data));
  WEFT_CUDA_NOTHROW(cudaSetDevice(before));
}

void copy(int device, void* stream, void* to, const void* from, std::size_t bytes) {
  const CurrentDevice current(device);
  // CUDA tells host from device memory by the address, and takes a copy of host memory that is not page-locked.
  WEFT_CUDA(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, as_stream(stream)));
}

void zero(int device, void* stream, void* to, std::size_t bytes) {
  const CurrentDevice current(device);
  WEFT_CUDA(cudaMemsetAsync(to, 0, bytes, as_stream(stream)));
}

}  // namespace weft::cuda_backend
