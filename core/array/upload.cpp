// SPDX-License-Identifier: Apache-2.0
#include "core/array/upload.h"

#include <chrono>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "weft/log.h"

namespace weft {
namespace {

// Returns at once, because the last copy was enqueued several batches ago, unless the device cannot keep up.
void wait_for(const Event& event) {
  constexpr int kEager = 1000;
  for (int asked = 0; !event.ready(); ++asked) {
    if (asked < kEager) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}

}  // namespace

std::shared_ptr<Upload> Upload::create(Device device, std::size_t bytes, int stagings) {
  std::shared_ptr<Upload> upload(new Upload(device, bytes));
  for (int i = 0; i < stagings; ++i) upload->free_.push_back(upload->make_staging());
  return upload;
}

Upload::Upload(Device device, std::size_t bytes) : device_(device), bytes_(bytes), copies_(Stream::create(device)) {}

Upload::~Upload() {
  // The device memory goes back in the order of the stream that it was allocated on.
  try {
    for (const auto& staging : free_) copies_.wait(staging->read_);
  } catch (const std::exception& e) {
    log(LogLevel::kWarning, std::string("giving an upload's memory back failed: ") + e.what());
  }
}

std::unique_ptr<Upload::Staging> Upload::take() {
  std::unique_ptr<Staging> staging;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      staging = std::move(free_.front());
      free_.pop_front();
    }
  }
  if (!staging) return make_staging();
  wait_for(staging->copied_);
  return staging;
}

std::unique_ptr<Upload::Staging> Upload::make_staging() const {
  auto staging = std::make_unique<Staging>();
  staging->host_ = Block::pinned(bytes_, device_);
  staging->device_ = Block::allocate(bytes_, copies_);
  return staging;
}

void Upload::send(Staging& staging, std::size_t bytes) {
  copies_.wait(staging.read_);
  copy_bytes(staging.device(), device_, staging.host(), Device::cpu(), bytes, copies_);
  staging.copied_.move_to(copies_);
}

std::shared_ptr<const Upload::Staging> Upload::receive(std::unique_ptr<Staging> staging, const Stream& stream) {
  stream.wait(staging->copied_);
  return {staging.release(), [upload = shared_from_this(), stream](Staging* used) {
            std::unique_ptr<Staging> owned(used);
            try {
              owned->read_.move_to(stream);
              upload->put_back(std::move(owned));
            } catch (const std::exception& e) {
              log(LogLevel::kWarning, std::string("an upload's staging buffer is lost: ") + e.what());
            }
          }};
}

void Upload::put_back(std::unique_ptr<Staging> staging) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(staging));
}

}  // namespace weft
