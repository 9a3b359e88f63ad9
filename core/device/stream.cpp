// SPDX-License-Identifier: Apache-2.0
#include "core/device/stream.h"

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/backend.h"

namespace weft {

namespace {

// The streams that StreamScopes of this thread have named, by CUDA device.
thread_local PerThread<std::vector<std::optional<Stream>>> scoped_streams;

std::optional<Stream>& scoped_stream(Device device) {
  const auto index = static_cast<std::size_t>(device.index());
  if (scoped_streams->size() <= index) scoped_streams->resize(index + 1);
  return (*scoped_streams)[index];
}

// weft's own stream of each CUDA device.
Stream own_stream(Device device) {
  static std::mutex mutex;
  static const Lasting<std::vector<std::optional<Stream>>> streams;
  const std::lock_guard lock(mutex);
  const auto index = static_cast<std::size_t>(device.index());
  if (streams->size() <= index) streams->resize(index + 1);
  auto& stream = (*streams)[index];
  if (!stream) stream = Stream::create(device);
  return *stream;
}

}  // namespace

Stream Stream::current(Device device) {
  if (device.is_cpu()) return {};
  const auto& scoped = scoped_stream(device);
  return scoped ? *scoped : own_stream(device);
}

Stream Stream::create(Device device) {
  Stream stream;
  stream.device_ = device;
  if (device.is_cuda()) stream.handle_ = cuda_backend::create_stream(device.index());
  return stream;
}

Stream Stream::wrap(Device device, void* handle) {
  Stream stream;
  stream.device_ = device;
  if (device.is_cuda()) stream.handle_ = std::shared_ptr<void>(handle, NotOwned{});
  return stream;
}

void Stream::synchronize() const {
  if (device_.is_cuda()) cuda_backend::synchronize_stream(device_.index(), handle());
}

void Stream::wait(const Stream& other) const {
  if (*this == other || device_.is_cpu()) {
    // The CPU's work happens in the calls themselves, so the only way to order it behind a device is to wait.
    if (device_.is_cpu()) other.synchronize();
    return;
  }
  wait(Event::record(other));
}

void Stream::wait(const Event& event) const {
  if (event.handle_ == nullptr) return;
  if (device_.is_cpu()) return event.synchronize();
  cuda_backend::wait_event(device_.index(), handle(), event.handle_.get());
}

void Stream::enqueue_host(std::function<void()> f) const {
  if (device_.is_cpu()) return f();
  cuda_backend::enqueue_host(device_.index(), handle(), std::move(f));
}

bool Stream::capturing() const { return device_.is_cuda() && cuda_backend::is_capturing(device_.index(), handle()); }

StreamScope::StreamScope(Stream stream) : before_(stream), had_before_(false) {
  if (stream.device().is_cpu()) return;
  auto& scoped = scoped_stream(stream.device());
  had_before_ = scoped.has_value();
  if (had_before_) before_ = *scoped;
  scoped = std::move(stream);
}

StreamScope::~StreamScope() {
  if (before_.device().is_cpu()) return;
  auto& scoped = scoped_stream(before_.device());
  if (had_before_) {
    scoped = std::move(before_);
  } else {
    scoped.reset();
  }
}

Event Event::record(const Stream& stream) {
  Event event;
  event.move_to(stream);
  return event;
}

void Event::move_to(const Stream& stream) {
  const Device device = stream.device();
  if (device != device_) handle_ = nullptr;
  device_ = device;
  if (device.is_cpu()) return;
  if (handle_ == nullptr) handle_ = cuda_backend::create_event(device.index());
  cuda_backend::record_event(device.index(), handle_.get(), stream.handle());
}

bool Event::ready() const { return handle_ == nullptr || cuda_backend::event_ready(device_.index(), handle_.get()); }

void Event::synchronize() const {
  if (handle_ != nullptr) cuda_backend::synchronize_event(device_.index(), handle_.get());
}

}  // namespace weft
