// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <vector>

namespace weft::emulator {

inline constexpr std::size_t kStaticSharedLimit = 48 * 1024;
inline constexpr std::size_t kDynamicSharedLimit = 227 * 1024;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using HeapBytes = std::unique_ptr<void, Free>;

// `bytes` of heap, exactly, all 0xFF: NaN as a float, -1 as an integer. Null when the host has no more memory.
HeapBytes signalling_bytes(std::size_t bytes, std::size_t alignment);

// The shared memory of one block at a time; arrays live as long as the launch and are filled anew for each block.
class SharedMemory {
 public:
  void start_launch(std::size_t dynamic_bytes);
  void start_block();
  // Null when the block's static arrays would pass 48 KiB, which nvcc refuses to compile.
  void* array(const void* site, std::size_t bytes, std::size_t alignment);
  void* dynamic() const { return dynamic_.get(); }

 private:
  struct Array {
    const void* site;
    std::size_t bytes;
    HeapBytes memory;
  };
  std::vector<Array> arrays_;
  std::size_t static_bytes_ = 0;
  HeapBytes dynamic_;
  std::size_t dynamic_bytes_ = 0;
};

}  // namespace weft::emulator
