// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/context/detail/fcontext.hpp>
#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_EMULATED_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_EMULATED_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define WEFT_EMULATED_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_EMULATED_TSAN 1
#endif
#endif

namespace weft::emulator {

// A stack of its own that runs `entry(argument)`, which must never return. Raw contexts, because a failed block
// abandons its fibers where they stand: unwinding them would run through device functions that may be noexcept.
class Fiber {
 public:
  using Entry = void (*)(void* argument);

  Fiber(Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Called on the host's stack: runs the fiber until it suspends.
  void resume();
  // Called on the fiber: back to the host's stack until the next resume().
  void suspend();
  // Forgets what the fiber was doing; the next resume() calls the entry anew.
  void restart();

 private:
  static void enter(boost::context::detail::transfer_t transfer);
  void leave_host();
  void arrive_on_fiber();

  Entry entry_;
  void* argument_;
  void* mapping_ = nullptr;  // guard page, then the stack
  boost::context::detail::fcontext_t context_ = nullptr;
  boost::context::detail::fcontext_t host_context_ = nullptr;
#if defined(WEFT_EMULATED_ASAN)
  void* fiber_fake_stack_ = nullptr;
  void* host_fake_stack_ = nullptr;
  const void* host_bottom_ = nullptr;
  std::size_t host_size_ = 0;
#endif
#if defined(WEFT_EMULATED_TSAN)
  void* tsan_fiber_ = nullptr;
  void* tsan_host_ = nullptr;
#endif
};

}  // namespace weft::emulator
