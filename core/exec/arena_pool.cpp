// SPDX-License-Identifier: Apache-2.0
#include "core/exec/arena_pool.h"

#include <algorithm>
#include <utility>

namespace weft::exec {

const std::shared_ptr<ArenaPool>& ArenaPool::shared() {
  // Never destroyed: see data_flag.cpp.
  static auto* const pool = new std::shared_ptr<ArenaPool>(std::make_shared<ArenaPool>());
  return *pool;
}

ArenaLease::ArenaLease(ArenaPool& pool, std::size_t bytes, const Stream& stream) : pool_(pool), stream_(stream) {
  {
    const std::lock_guard lock(pool_.mutex_);
    auto& idle = pool_.idle_;
    const auto found = std::find_if(idle.begin(), idle.end(), [&](const auto& i) { return i.stream == stream; });
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
  const std::lock_guard lock(pool_.mutex_);
  pool_.idle_.push_back({stream_, std::move(buffer_)});
}

}  // namespace weft::exec
