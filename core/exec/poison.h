// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "core/device/stream.h"
#include "core/plan/plan.h"

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#endif
#ifndef WEFT_ASAN
#define WEFT_ASAN 0
#endif

namespace weft::exec {

// Bytes around every block of an arena that belong to nobody; the address sanitizer then sees an overrun inside the
// arena.
inline constexpr std::int64_t kRedZone = WEFT_ASAN ? 256 : 0;

// Access check of an arena under the address sanitizer: a node may touch only the blocks in use. Does nothing
// elsewhere.
class PoisonGuard {
 public:
  PoisonGuard(const plan::Plan& plan, std::byte* arena, const Stream& stream);
  ~PoisonGuard();
  PoisonGuard(const PoisonGuard&) = delete;
  PoisonGuard& operator=(const PoisonGuard&) = delete;
  void before(std::size_t node);
  void after(std::size_t node);

 private:
  [[maybe_unused]] const plan::Plan* plan_;
  [[maybe_unused]] std::byte* arena_;
  Stream stream_;
};

}  // namespace weft::exec
