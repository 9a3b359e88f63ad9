// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "core/device/block.h"
#include "core/device/stream.h"

namespace weft {

// Brings host memory to a CUDA device while earlier work goes on there: page-locked memory, a stream for the copies,
// and places that are used in turn. In a steady state nothing is allocated. Thread safe.
class Upload : public std::enable_shared_from_this<Upload> {
 public:
  // Room for one batch, on the host and on the device.
  class Place {
   public:
    std::byte* host() const { return static_cast<std::byte*>(host_->data()); }
    std::byte* device() const { return static_cast<std::byte*>(device_->data()); }

   private:
    friend class Upload;
    std::shared_ptr<Block> host_, device_;
    Event copied_, read_;
  };

  // For batches of up to `bytes`, with room for so many of them at once.
  static std::shared_ptr<Upload> create(Device device, std::size_t bytes, int places);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  Device device() const { return device_; }
  std::size_t bytes() const { return bytes_; }
  // A place whose host memory may be written. Waits where the device is behind by as many batches as there are places;
  // makes one more where all are held by somebody.
  std::unique_ptr<Place> take();
  // Enqueues the copy of the first `bytes` to the device.
  void send(Place& place, std::size_t bytes);
  // Later work of `stream` finds the values. The place is free again when the last owner of what this returns is gone;
  // the work that reads it is enqueued on `stream` by then.
  std::shared_ptr<const Place> receive(std::unique_ptr<Place> place, const Stream& stream);
  // The same for a place that nobody has received.
  void put_back(std::unique_ptr<Place> place);

 private:
  Upload(Device device, std::size_t bytes);
  std::unique_ptr<Place> make_place() const;

  const Device device_;
  const std::size_t bytes_;
  const Stream copies_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Place>> free_;  // the longest free first
};

}  // namespace weft
