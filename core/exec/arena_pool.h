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

// Activation arenas to lend. All programs of a pool that run on one stream share one, as large as the largest of them
// needs; a second program running at the same time gets its own.
class ArenaPool {
 public:
  // The one of everything that is not a session.
  static const std::shared_ptr<ArenaPool>& shared();
  // Of the arena that waits for the next program on this stream.
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
