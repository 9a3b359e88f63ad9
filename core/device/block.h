// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

#include "core/device/stream.h"
#include "weft/device.h"

namespace weft {

// A block of memory on one device, freed (or handed back) with the last owner.
class Block {
 public:
  // 256-byte aligned memory from the device's caching allocator, usable at once on `stream` and released in that
  // stream's order. Zero bytes give a block with a null pointer. Throws OutOfMemory with what was asked for, in use,
  // cached and free.
  static std::shared_ptr<Block> allocate(std::size_t bytes, const Stream& stream);
  // Memory that someone else has allocated; `release` runs with the last owner.
  static std::shared_ptr<Block> wrap(void* data, std::size_t bytes, Device device, std::function<void()> release);
  // Page-locked host memory for asynchronous copies to and from `device` (plain memory where there is no CUDA).
  static std::shared_ptr<Block> pinned(std::size_t bytes, Device device);

  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block();

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

 private:
  Block(void* data, std::size_t bytes, Device device, std::function<void()> release);
  void* data_;
  std::size_t bytes_;
  Device device_;
  std::function<void()> release_;
};

// Copies between any two devices, in order on `stream`. Host memory that is not pinned may be reused when this returns.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream);
// Sets bytes to zero, in order on `stream`.
void zero_bytes(void* to, std::size_t bytes, const Stream& stream);

// Memory of one device by the caching allocator's books, in bytes.
struct MemoryStatistics {
  std::size_t in_use = 0;  // handed out
  std::size_t cached = 0;  // held for reuse
  std::size_t peak_in_use = 0;
  std::size_t allocations = 0;  // calls that reached the system
};
MemoryStatistics memory_statistics(Device device);
// Gives cached blocks back to the system.
void trim_memory(Device device);

}  // namespace weft
