// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include "core/device/block.h"
#include "core/device/stream.h"

namespace weft {

// Copies host memory to a CUDA device while other work runs there. An upload has a stream of its own and page-locked
// staging buffers, used in turn. Nothing is allocated in a steady state. Thread safe.
class Upload : public std::enable_shared_from_this<Upload> {
 public:
  // A staging buffer: memory for one batch on the host, and its copy on the device.
  class Staging {
   public:
    std::byte* host() const { return static_cast<std::byte*>(host_->data()); }
    std::byte* device() const { return static_cast<std::byte*>(device_->data()); }

   private:
    friend class Upload;
    std::shared_ptr<Block> host_, device_;
    Event copied_, read_;
  };

  // An upload for batches of up to `bytes`, with `stagings` buffers to begin with.
  static std::shared_ptr<Upload> create(Device device, std::size_t bytes, int stagings);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  Device device() const { return device_; }
  std::size_t bytes() const { return bytes_; }
  // A buffer whose host memory may be written. Waits if its last copy still runs; makes one more if all are in use.
  std::unique_ptr<Staging> take();
  // Enqueues the copy of the first `bytes` to the device.
  void send(Staging& staging, std::size_t bytes);
  // Makes later work of `stream` wait for the copy. The buffer is free again when the last owner of the result is gone;
  // by then the work that reads the buffer is enqueued on `stream`.
  std::shared_ptr<const Staging> receive(std::unique_ptr<Staging> staging, const Stream& stream);
  // Takes back a buffer that nobody has received.
  void put_back(std::unique_ptr<Staging> staging);

 private:
  Upload(Device device, std::size_t bytes);
  std::unique_ptr<Staging> make_staging() const;

  const Device device_;
  const std::size_t bytes_;
  const Stream copies_;
  std::mutex mutex_;
  std::deque<std::unique_ptr<Staging>> free_;  // the longest free first
};

}  // namespace weft
