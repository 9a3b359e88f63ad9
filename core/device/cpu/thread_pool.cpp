// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/cpu/machine.h"
#include "weft/device.h"
#include "weft/log.h"

namespace weft {

namespace {

// Time to spin before sleeping: long enough to catch the next kernel of a step, short enough not to burn a core that
// someone else wants. Measured by the clock, because a pause takes 40 cycles on one processor and 140 on another.
constexpr std::chrono::microseconds kSpin{100};

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Returns once `value` is no longer `old`: a bounded spin, then sleep.
template <class T>
T wait_while(const std::atomic<T>& value, T old) {
  constexpr int kBetweenLooks = 32;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < kBetweenLooks; ++i) {
      const T now = value.load(std::memory_order_acquire);
      if (now != old) return now;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

// True while this thread runs a body: parallel calls inside a body run on the same thread.
thread_local bool inside = false;

// Restores the old value, because a body that runs here may have been called from inside another body.
class [[nodiscard]] InsideScope {
 public:
  InsideScope() : before_(std::exchange(inside, true)) {}
  ~InsideScope() { inside = before_; }
  InsideScope(const InsideScope&) = delete;
  InsideScope& operator=(const InsideScope&) = delete;

 private:
  bool before_;
};

class Pool {
 public:
  explicit Pool(int threads) : shares_(static_cast<std::size_t>(threads)) {
    try {
      for (std::size_t i = 1; i < shares_.size(); ++i) workers_.emplace_back([this, i] { serve(i); });
    } catch (const std::system_error& e) {
      // The threads that are there help with all shares.
      log(LogLevel::kWarning, cat("the system gives no more threads (", e.what(), "): computing with ",
                                  workers_.size() + 1, " of ", threads));
    }
  }
  ~Pool() {
    stopping_.store(true, std::memory_order_relaxed);
    wake();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(shares_.size()); }

  // One caller at a time.
  void run(std::int64_t chunks, void (*call)(void*, std::int64_t), void* body) {
    call_ = call;
    body_ = body;
    denormal_mode_ = cpu::denormal_mode();
    failed_.store(false, std::memory_order_relaxed);
    unfinished_.store(chunks, std::memory_order_relaxed);
    const auto shares = static_cast<std::int64_t>(shares_.size());
    for (std::int64_t i = 0; i < shares; ++i) {
      Share& share = shares_[static_cast<std::size_t>(i)];
      share.end = chunks * (i + 1) / shares;
      share.unclaimed.store(share.end - chunks * i / shares, std::memory_order_release);
    }
    wake();
    work(0);
    for (std::int64_t left = unfinished_.load(std::memory_order_acquire); left != 0;)
      left = wait_while(unfinished_, left);
    if (failed_.load(std::memory_order_relaxed)) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void wake() {
    epoch_.fetch_add(1, std::memory_order_release);
    epoch_.notify_all();
  }

  // A thread begins with its own share of the chunks and then helps with the others'. The shares follow from the number
  // of chunks, so that a thread finds in its cache what it wrote there in an earlier job.
  struct alignas(64) Share {
    std::atomic<std::int64_t> unclaimed{0};  // so many chunks before `end`; below 0 after threads that found none
    std::int64_t end = 0;
  };

  void serve(std::size_t self) {
    std::uint32_t seen = 0;
    for (;;) {
      seen = wait_while(epoch_, seen);
      if (stopping_.load(std::memory_order_relaxed)) return;
      work(self);
    }
  }

  // A thread may read the job once it has claimed a chunk, because the job cannot end before that chunk has. A thread
  // that comes late claims nothing and keeps nobody waiting.
  void work(std::size_t self) noexcept {
    const unsigned mode = cpu::denormal_mode();
    std::int64_t finished = 0;
    const InsideScope scope;
    for (std::size_t i = 0; i < shares_.size(); ++i) finished += work_off(shares_[(self + i) % shares_.size()]);
    if (finished == 0) return;
    cpu::set_denormal_mode(mode);
    if (unfinished_.fetch_sub(finished, std::memory_order_acq_rel) == finished) unfinished_.notify_one();
  }

  // Gives the number of chunks that are finished or given up by now.
  std::int64_t work_off(Share& share) noexcept {
    std::int64_t finished = 0;
    for (;;) {
      const std::int64_t unclaimed = share.unclaimed.fetch_sub(1, std::memory_order_acquire);
      if (unclaimed <= 0) return finished;
      if (finished == 0) cpu::set_denormal_mode(denormal_mode_);
      ++finished;
      try {
        call_(body_, share.end - unclaimed);
      } catch (...) {
        if (!failed_.exchange(true, std::memory_order_acq_rel)) error_ = std::current_exception();
        for (Share& any : shares_)
          finished += std::max<std::int64_t>(0, any.unclaimed.exchange(0, std::memory_order_acquire));
      }
    }
  }

  // The job. Written while all chunks are claimed and finished.
  void (*call_)(void*, std::int64_t) = nullptr;
  void* body_ = nullptr;
  unsigned denormal_mode_ = 0;
  std::exception_ptr error_;
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopping_{false};
  std::vector<Share> shares_;  // one per thread, the caller's first
  alignas(64) std::atomic<std::int64_t> unfinished_{0};
  alignas(64) std::atomic<std::uint32_t> epoch_{0};
  std::vector<std::jthread> workers_;  // last: joined before the rest goes
};

struct Shared {
  std::mutex use;  // held by the one caller whose chunks the workers take
  std::unique_ptr<Pool> pool;
  std::atomic<int> threads{0};  // 0: not asked yet
};

// The workers are never joined at exit, because that can hang.
Shared& shared() {
  static const Lasting<Shared> it;
  return *it;
}

void run_here(std::int64_t chunks, void (*call)(void*, std::int64_t), void* body) {
  const InsideScope scope;
  for (std::int64_t i = 0; i < chunks; ++i) call(body, i);
}

}  // namespace

void detail::run_chunks(std::int64_t chunks, void (*call)(void*, std::int64_t), void* body) {
  if (inside || chunks <= 1 || num_threads() == 1) return run_here(chunks, call, body);
  Shared& s = shared();
  const std::unique_lock lock(s.use, std::try_to_lock);
  if (!lock.owns_lock()) return run_here(chunks, call, body);  // another thread has the workers
  if (!s.pool || s.pool->threads() != num_threads()) s.pool = std::make_unique<Pool>(num_threads());
  s.pool->run(chunks, call, body);
}

void set_num_threads(int threads) {
  if (threads < 1) fail<ValueError>("set_num_threads", "given ", threads, "; it must be 1 or more");
  if (inside) fail<ValueError>("set_num_threads", "called from inside parallel work; call it between programs");
  Shared& s = shared();
  const std::lock_guard lock(s.use);
  s.threads.store(threads);
  s.pool.reset();
}

int num_threads() {
  Shared& s = shared();
  int threads = s.threads.load();
  if (threads == 0) {
    int unset = 0;
    const int usable = cpu::usable_threads();
    threads = s.threads.compare_exchange_strong(unset, usable) ? usable : unset;
  }
  return threads;
}

FlushDenormals::FlushDenormals() : before_(cpu::denormal_mode()) {
  cpu::set_denormal_mode(cpu::flushing_denormal_mode());
}
FlushDenormals::~FlushDenormals() { cpu::set_denormal_mode(before_); }

}  // namespace weft
