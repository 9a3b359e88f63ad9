// SPDX-License-Identifier: Apache-2.0
#include "core/exec/arena_pool.h"

#include <utility>

#include "core/base/lasting.h"

namespace weft::exec {

const std::shared_ptr<ArenaPool>& ArenaPool::shared() {
  static const Lasting<std::shared_ptr<ArenaPool>> pool(std::make_shared<ArenaPool>());
  return *pool;
}

std::int64_t ArenaPool::idle_bytes(const Stream& stream) {
  const std::lock_guard lock(mutex_);
  const auto found = find(stream);
  return found == idle_.end() ? 0 : static_cast<std::int64_t>(found->buffer->bytes());
}

ArenaLease::ArenaLease(ArenaPool& pool, std::size_t bytes, const Stream& stream) : pool_(pool), stream_(stream) {
  {
    const std::lock_guard lock(pool_.mutex_);
    const auto found = pool_.find(stream);
    if (found != pool_.idle_.end()) {
      buffer_ = std::move(found->buffer);
      pool_.idle_.erase(found);
    }
  }
  if (buffer_ && buffer_->bytes() >= bytes) return;
  buffer_.reset();  // first, because memory may not hold both at once
  buffer_ = Block::allocate(bytes, stream);
}

ArenaLease::~ArenaLease() {
  const std::lock_guard lock(pool_.mutex_);
  pool_.idle_.push_back({stream_, std::move(buffer_)});
}

}  // namespace weft::exec
