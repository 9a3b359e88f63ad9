// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "core/device/block.h"
#include "core/device/stream.h"

namespace weft {

// The system under a caching allocator: allocation and release.
struct MemorySource {
  std::function<void*(std::size_t bytes)> allocate;  // null when there is none
  std::function<void(void* data)> release;           // noexcept
  std::function<std::size_t()> free_bytes;
};

// Keeps the memory of one device for reuse. Pieces are cut best-fit out of segments, the system's allocations: 2 MiB
// for requests under 1 MiB, the request rounded up to 2 MiB for larger ones. A released piece is free for its own
// stream at once. Another stream takes it over by waiting for the first one's work. Thread safe.
class CachingAllocator {
 public:
  struct Piece;

  // Without caching every piece is an allocation of exactly the bytes asked for, so that memory checkers see overruns.
  CachingAllocator(Device device, MemorySource source, bool caching);
  // Trims; pieces still handed out must not outlive the allocator.
  ~CachingAllocator();
  CachingAllocator(const CachingAllocator&) = delete;
  CachingAllocator& operator=(const CachingAllocator&) = delete;

  // A piece of at least `bytes`, which is not zero. Throws OutOfMemory if the system has none even after a trim.
  Piece* allocate(std::size_t bytes, const Stream& stream);
  void release(Piece* piece) noexcept;
  void trim();
  MemoryStatistics statistics() const;
  // The memory that the system has, and the memory that is cached.
  std::size_t free_bytes() const;

  static void* data(const Piece* piece);

 private:
  struct Smaller {
    bool operator()(const Piece* a, const Piece* b) const;
  };
  using FreePieces = std::set<Piece*, Smaller>;

  Piece* take_cached(std::size_t bytes, const Stream& stream);
  Piece* take_from_system(std::size_t bytes, const Stream& stream);
  Piece* cut(Piece* piece, std::size_t bytes);
  void merge_with_next(Piece* piece);
  void put_back(Piece* piece);
  void release_free_segments();
  [[noreturn]] void out_of_memory(std::size_t bytes) const;

  Device device_;
  MemorySource source_;
  bool caching_;
  mutable std::mutex mutex_;
  FreePieces free_;
  MemoryStatistics statistics_;
};

// The allocator of a device, made at first use and never destroyed, because buffers in static objects of a user's
// program come back after main().
CachingAllocator& allocator_of(Device device);

}  // namespace weft
