// SPDX-License-Identifier: Apache-2.0
#include "tests/emulator/src/shared_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "emulated/shared_memory.h"
#include "tests/emulator/src/block.h"

namespace weft::emulator {

HeapBytes signalling_bytes(std::size_t bytes, std::size_t alignment) {
  void* memory = nullptr;
  if (posix_memalign(&memory, std::max(alignment, sizeof(void*)), bytes) != 0) return nullptr;
  std::memset(memory, 0xFF, bytes);
  return HeapBytes(memory);
}

void SharedMemory::start_launch(std::size_t dynamic_bytes) {
  arrays_.clear();
  static_bytes_ = 0;
  dynamic_ = signalling_bytes(dynamic_bytes, 16);
  if (dynamic_ == nullptr) throw std::bad_alloc();
  dynamic_bytes_ = dynamic_bytes;
}

void SharedMemory::start_block() {
  for (Array& array : arrays_) std::memset(array.memory.get(), 0xFF, array.bytes);
  std::memset(dynamic_.get(), 0xFF, dynamic_bytes_);
}

void* SharedMemory::array(const void* site, std::size_t bytes, std::size_t alignment) {
  for (Array& array : arrays_) {
    if (array.site == site) return array.memory.get();
  }
  static_bytes_ += bytes;
  if (static_bytes_ > kStaticSharedLimit) return nullptr;
  HeapBytes memory = signalling_bytes(bytes, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  arrays_.push_back({site, bytes, std::move(memory)});
  return arrays_.back().memory.get();
}

void* shared_array(const void* site, std::size_t bytes, std::size_t alignment, const char* name) {
  BlockRunner& runner = BlockRunner::instance();
  void* memory = runner.shared_memory().array(site, bytes, alignment);
  if (memory == nullptr) {
    runner.fail(std::string("shared array ") + name + " takes the block's static shared memory over 48 KiB");
    runner.stop_thread();
  }
  return memory;
}

void* dynamic_shared() { return BlockRunner::instance().shared_memory().dynamic(); }

}  // namespace weft::emulator
