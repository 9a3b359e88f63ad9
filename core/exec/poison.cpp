// SPDX-License-Identifier: Apache-2.0
#include "core/exec/poison.h"

#if WEFT_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace weft::exec {

#if WEFT_ASAN

namespace {

// Opens or closes bytes in the stream's order, because an emulated device runs kernels later than they are enqueued.
void set(const Stream& stream, std::byte* begin, std::int64_t bytes, bool open) {
  stream.enqueue_host([=] {
    if (open) {
      __asan_unpoison_memory_region(begin, static_cast<std::size_t>(bytes));
    } else {
      __asan_poison_memory_region(begin, static_cast<std::size_t>(bytes));
    }
  });
}

}  // namespace

PoisonGuard::PoisonGuard(const plan::Plan& plan, std::byte* arena, const Stream& stream)
    : plan_(&plan), arena_(arena), stream_(stream) {
  set(stream_, arena_, plan_->arena_bytes, false);
}

// Opens the whole arena, because the copies of results and the next user of the memory may touch all of it.
PoisonGuard::~PoisonGuard() { set(stream_, arena_, plan_->arena_bytes, true); }

void PoisonGuard::before(std::size_t node) {
  for (const plan::Block& b : plan_->blocks)
    if (b.first == static_cast<std::int32_t>(node)) set(stream_, arena_ + b.offset, b.bytes, true);
}

void PoisonGuard::after(std::size_t node) {
  for (const plan::Block& b : plan_->blocks)
    if (b.last == static_cast<std::int32_t>(node)) set(stream_, arena_ + b.offset, b.bytes, false);
}

#else

PoisonGuard::PoisonGuard(const plan::Plan& plan, std::byte* arena, const Stream& stream)
    : plan_(&plan), arena_(arena), stream_(stream) {}
PoisonGuard::~PoisonGuard() = default;
void PoisonGuard::before(std::size_t) {}
void PoisonGuard::after(std::size_t) {}

#endif

}  // namespace weft::exec
