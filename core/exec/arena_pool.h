// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>

#include "core/device/block.h"

namespace weft::exec {

// Lends activation arenas. All programs of a device and stream share one, as large as the largest of them needs; a
// second program running at the same time gets its own.
class ArenaLease {
 public:
  ArenaLease(std::size_t bytes, const Stream& stream);
  ~ArenaLease();
  ArenaLease(const ArenaLease&) = delete;
  ArenaLease& operator=(const ArenaLease&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(buffer_->data()); }

 private:
  Stream stream_;
  std::shared_ptr<Block> buffer_;
};

}  // namespace weft::exec
