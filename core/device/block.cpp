// SPDX-License-Identifier: Apache-2.0
#include "core/device/block.h"

#include <cstring>
#include <exception>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/device/allocator.h"
#include "core/device/backend.h"
#include "weft/log.h"

namespace weft {

Block::Block(void* data, std::size_t bytes, Device device, std::function<void()> release)
    : data_(data), bytes_(bytes), device_(device), release_(std::move(release)) {}

Block::~Block() {
  if (!release_) return;
  try {
    release_();
  } catch (const std::exception& e) {
    log(LogLevel::kWarning, std::string("releasing a buffer failed: ") + e.what());
  }
}

std::shared_ptr<Block> Block::allocate(std::size_t bytes, const Stream& stream) {
  const Device device = stream.device();
  if (bytes == 0) return std::shared_ptr<Block>(new Block(nullptr, 0, device, {}));
  CachingAllocator& allocator = allocator_of(device);
  CachingAllocator::Piece* const piece = allocator.allocate(bytes, stream);
  return std::shared_ptr<Block>(
      new Block(CachingAllocator::data(piece), bytes, device, [&allocator, piece] { allocator.release(piece); }));
}

std::shared_ptr<Block> Block::wrap(void* data, std::size_t bytes, Device device, std::function<void()> release) {
  return std::shared_ptr<Block>(new Block(data, bytes, device, std::move(release)));
}

std::shared_ptr<Block> Block::pinned(std::size_t bytes, Device device) {
  if (device.is_cpu() || bytes == 0) return allocate(bytes, Stream());
  void* const data = cuda_backend::allocate_pinned(device.index(), bytes);
  return std::shared_ptr<Block>(
      new Block(data, bytes, Device(), [data, index = device.index()] { cuda_backend::release_pinned(index, data); }));
}

void copy_bytes(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes,
                const Stream& stream) {
  if (bytes == 0) return;
  if (stream.device().is_cuda()) {
    cuda_backend::copy(stream.device().index(), stream.handle(), to, from, bytes);
  } else if (to_device.is_cpu() && from_device.is_cpu()) {
    std::memmove(to, from, bytes);
  } else {
    fail<DeviceError>("copy", "from ", from_device.name(), " to ", to_device.name(),
                      " on a CPU stream; it needs a stream of the CUDA device");
  }
}

void zero_bytes(void* to, std::size_t bytes, const Stream& stream) {
  if (bytes == 0) return;
  if (stream.device().is_cuda()) {
    cuda_backend::zero(stream.device().index(), stream.handle(), to, bytes);
  } else {
    std::memset(to, 0, bytes);
  }
}

MemoryStatistics memory_statistics(Device device) { return allocator_of(device).statistics(); }

std::int64_t free_memory(Device device) { return static_cast<std::int64_t>(allocator_of(device).free_bytes()); }

void trim_memory(Device device) { allocator_of(device).trim(); }

}  // namespace weft
