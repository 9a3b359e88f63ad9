// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/device/block.h"

namespace weft::exec {

// Arenas to lend. The instances of a pool that run on one stream take turns at one arena, as large as the largest of
// them needs. An instance that runs at the same time gets an arena of its own.
class ArenaPool {
 public:
  // The pool of all instances but those of sessions.
  static const std::shared_ptr<ArenaPool>& shared();
  // Bytes of the arena that waits for the next run on this stream; 0 if there is none.
  std::int64_t idle_bytes(const Stream& stream);

 private:
  friend class ArenaLease;
  struct Idle {
    Stream stream;
    std::shared_ptr<Block> buffer;
  };
  auto find(const Stream& stream) {
    return std::find_if(idle_.begin(), idle_.end(), [&](const Idle& i) { return i.stream == stream; });
  }
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

class ArenaLease {
 public:
  ArenaLease(ArenaPool& pool, std::size_t bytes, const Stream& stream);
  ~ArenaLease();
  ArenaLease(const ArenaLease&) = delete;
  ArenaLease& operator=(const ArenaLease&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(buffer_->data()); }

 private:
  ArenaPool& pool_;
  Stream stream_;
  std::shared_ptr<Block> buffer_;
};

}  // namespace weft::exec
