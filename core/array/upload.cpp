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

// The place's last copy was enqueued several batches ago, so it is done but for a device that cannot keep up.
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

std::shared_ptr<Upload> Upload::create(Device device, std::size_t bytes, int places) {
  std::shared_ptr<Upload> upload(new Upload(device, bytes));
  for (int i = 0; i < places; ++i) upload->free_.push_back(upload->make_place());
  return upload;
}

Upload::Upload(Device device, std::size_t bytes) : device_(device), bytes_(bytes), copies_(Stream::create(device)) {}

Upload::~Upload() {
  // The device memory goes back in the order of the stream that it was allocated on.
  try {
    for (const auto& place : free_) copies_.wait(place->read_);
  } catch (const std::exception& e) {
    log(LogLevel::kWarning, std::string("giving an upload's memory back failed: ") + e.what());
  }
}

std::unique_ptr<Upload::Place> Upload::take() {
  std::unique_ptr<Place> place;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      place = std::move(free_.front());
      free_.pop_front();
    }
  }
  if (!place) return make_place();
  wait_for(place->copied_);
  return place;
}

std::unique_ptr<Upload::Place> Upload::make_place() const {
  auto place = std::make_unique<Place>();
  place->host_ = Block::pinned(bytes_, device_);
  place->device_ = Block::allocate(bytes_, copies_);
  return place;
}

void Upload::send(Place& place, std::size_t bytes) {
  copies_.wait(place.read_);
  copy_bytes(place.device(), device_, place.host(), Device::cpu(), bytes, copies_);
  place.copied_.move_to(copies_);
}

std::shared_ptr<const Upload::Place> Upload::receive(std::unique_ptr<Place> place, const Stream& stream) {
  stream.wait(place->copied_);
  return {place.release(), [upload = shared_from_this(), stream](Place* used) {
            std::unique_ptr<Place> owned(used);
            try {
              owned->read_.move_to(stream);
              upload->put_back(std::move(owned));
            } catch (const std::exception& e) {
              log(LogLevel::kWarning, std::string("an upload's place is lost: ") + e.what());
            }
          }};
}

void Upload::put_back(std::unique_ptr<Place> place) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(place));
}

}  // namespace weft
