// SPDX-License-Identifier: Apache-2.0
#include "core/exec/arena_pool.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace weft::exec {
namespace {

struct Idle {
  Stream stream;
  std::shared_ptr<Block> buffer;
};

struct Pool {
  std::mutex mutex;
  std::vector<Idle> idle;
};

Pool& pool() {
  // Never destroyed: see data_flag.cpp.
  static auto* instance = new Pool;
  return *instance;
}

}  // namespace

ArenaLease::ArenaLease(std::size_t bytes, const Stream& stream) : stream_(stream) {
  {
    const std::lock_guard lock(pool().mutex);
    auto& idle = pool().idle;
    const auto found = std::find_if(idle.begin(), idle.end(), [&](const Idle& i) { return i.stream == stream; });
    if (found != idle.end()) {
      buffer_ = std::move(found->buffer);
      idle.erase(found);
    }
  }
  if (buffer_ && buffer_->bytes() >= bytes) return;
  buffer_.reset();  // before the larger one is asked for
  buffer_ = Block::allocate(bytes, stream);
}

ArenaLease::~ArenaLease() {
  const std::lock_guard lock(pool().mutex);
  pool().idle.push_back({stream_, std::move(buffer_)});
}

}  // namespace weft::exec
