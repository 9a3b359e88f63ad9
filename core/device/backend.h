// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

// The CUDA runtime as the device room sees it. core/device/cuda defines these functions. In a build without CUDA
// core/device/no_cuda does: it finds no device and throws DeviceError for the rest.
namespace weft::cuda_backend {

struct Found {
  int devices = 0;
  std::string why_none;  // "no CUDA driver found"; empty when there are devices
};
Found find_devices();
// "NVIDIA H200, driver 13.0"
std::string describe(int device);

// Streams and events are CUDA's handles, destroyed with their last owner.
std::shared_ptr<void> create_stream(int device);
void synchronize_device(int device);
void synchronize_stream(int device, void* stream);
bool is_capturing(int device, void* stream);
void enqueue_host(int device, void* stream, std::function<void()> f);
std::shared_ptr<void> create_event(int device);
std::shared_ptr<void> create_timed_event(int device);
// Seconds between two timed events, both over.
double seconds_between(int device, void* first, void* second);
void record_event(int device, void* event, void* stream);
// Later work of the stream waits for the event, which may be another device's.
void wait_event(int device, void* stream, void* event);
bool event_ready(int device, void* event);
void synchronize_event(int device, void* event);

// Begin and end of a capture: work that is enqueued on the stream in between is recorded and does not run. Other
// threads are not affected. end_capture leaves the stream as it was, also if it throws DeviceError because something
// could not be recorded.
void begin_capture(int device, void* stream);
std::shared_ptr<void> end_capture(int device, void* stream);
void launch_graph(int device, void* graph, void* stream);

// Memory of the device; null if it has none left.
void* allocate(int device, std::size_t bytes);
void release(int device, void* data) noexcept;
std::size_t free_bytes(int device);
void* allocate_pinned(int device, std::size_t bytes);
void release_pinned(int device, void* data) noexcept;

// Both sides may be host or device memory, of this device or of another one.
void copy(int device, void* stream, void* to, const void* from, std::size_t bytes);
void zero(int device, void* stream, void* to, std::size_t bytes);

}  // namespace weft::cuda_backend
