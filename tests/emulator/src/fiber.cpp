// SPDX-License-Identifier: Apache-2.0
#include "tests/emulator/src/fiber.h"

#include <sys/mman.h>

#include <new>

#if defined(WEFT_EMULATED_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(WEFT_EMULATED_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace weft::emulator {
namespace {

constexpr std::size_t kGuardBytes = 4096;
#if defined(WEFT_EMULATED_ASAN)
constexpr std::size_t kStackBytes = 512 * 1024;  // red zones widen frames
#else
constexpr std::size_t kStackBytes = 128 * 1024;
#endif

char* stack_bottom(void* mapping) { return static_cast<char*>(mapping) + kGuardBytes; }

}  // namespace

Fiber::Fiber(Entry entry, void* argument) : entry_(entry), argument_(argument) {
  mapping_ = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapping_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(mapping_, kGuardBytes, PROT_NONE);
  restart();
}

Fiber::~Fiber() {
#if defined(WEFT_EMULATED_TSAN)
  __tsan_destroy_fiber(tsan_fiber_);
#endif
  munmap(mapping_, kGuardBytes + kStackBytes);
}

void Fiber::restart() {
#if defined(WEFT_EMULATED_ASAN)
  ASAN_UNPOISON_MEMORY_REGION(stack_bottom(mapping_), kStackBytes);
  fiber_fake_stack_ = nullptr;
#endif
#if defined(WEFT_EMULATED_TSAN)
  if (tsan_fiber_ != nullptr) __tsan_destroy_fiber(tsan_fiber_);
  tsan_fiber_ = __tsan_create_fiber(0);
#endif
  context_ = boost::context::detail::make_fcontext(stack_bottom(mapping_) + kStackBytes, kStackBytes, &Fiber::enter);
}

void Fiber::enter(boost::context::detail::transfer_t transfer) {
  auto* fiber = static_cast<Fiber*>(transfer.data);
  fiber->host_context_ = transfer.fctx;
  fiber->arrive_on_fiber();
  fiber->entry_(fiber->argument_);
}

void Fiber::leave_host() {
#if defined(WEFT_EMULATED_ASAN)
  __sanitizer_start_switch_fiber(&host_fake_stack_, stack_bottom(mapping_), kStackBytes);
#endif
#if defined(WEFT_EMULATED_TSAN)
  tsan_host_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_fiber_, 0);
#endif
}

void Fiber::arrive_on_fiber() {
#if defined(WEFT_EMULATED_ASAN)
  // The next resume may come from another thread, so the host's stack is asked for each time.
  __sanitizer_finish_switch_fiber(fiber_fake_stack_, &host_bottom_, &host_size_);
#endif
}

void Fiber::resume() {
  leave_host();
  context_ = boost::context::detail::jump_fcontext(context_, this).fctx;
#if defined(WEFT_EMULATED_ASAN)
  __sanitizer_finish_switch_fiber(host_fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
#if defined(WEFT_EMULATED_ASAN)
  __sanitizer_start_switch_fiber(&fiber_fake_stack_, host_bottom_, host_size_);
#endif
#if defined(WEFT_EMULATED_TSAN)
  __tsan_switch_to_fiber(tsan_host_, 0);
#endif
  host_context_ = boost::context::detail::jump_fcontext(host_context_, nullptr).fctx;
  arrive_on_fiber();
}

}  // namespace weft::emulator
