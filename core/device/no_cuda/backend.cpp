// SPDX-License-Identifier: Apache-2.0
#include "core/device/backend.h"

#include "core/base/check.h"

namespace weft::cuda_backend {

namespace {
[[noreturn]] void absent() { fail<DeviceError>("device", "this weft was built without CUDA"); }
}  // namespace

Found find_devices() { return {0, "this weft was built without CUDA"}; }
std::string describe(int) { absent(); }

std::shared_ptr<void> create_stream(int) { absent(); }
void synchronize_device(int) { absent(); }
void synchronize_stream(int, void*) { absent(); }
void enqueue_host(int, void*, std::function<void()>) { absent(); }
bool is_capturing(int, void*) { absent(); }
std::shared_ptr<void> create_event(int) { absent(); }
std::shared_ptr<void> create_timed_event(int) { absent(); }
double seconds_between(int, void*, void*) { absent(); }
void record_event(int, void*, void*) { absent(); }
void wait_event(int, void*, void*) { absent(); }
bool event_ready(int, void*) { absent(); }
void synchronize_event(int, void*) { absent(); }

void begin_capture(int, void*) { absent(); }
std::shared_ptr<void> end_capture(int, void*) { absent(); }
void launch_graph(int, void*, void*) { absent(); }

void* allocate(int, std::size_t) { absent(); }
void release(int, void*) noexcept {}
std::size_t free_bytes(int) { absent(); }
void* allocate_pinned(int, std::size_t) { absent(); }
void release_pinned(int, void*) noexcept {}

void copy(int, void*, void*, const void*, std::size_t) { absent(); }
void zero(int, void*, void*, std::size_t) { absent(); }

}  // namespace weft::cuda_backend
