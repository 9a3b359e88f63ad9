// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulated/collectives.h"
#include "tests/emulator/src/fiber.h"
#include "tests/emulator/src/shared_memory.h"

namespace weft::emulator {

// splitmix64: small, and every seed gives another order.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound);
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

// One launch, as the device sees it.
struct Grid {
  dim3 blocks;
  dim3 threads;
  std::size_t dynamic_shared_bytes = 0;
  std::function<void()> thread_body;
};

// Runs grids block by block. The threads of a block start one after another on one fiber; only a thread that waits
// keeps its fiber, and the next one gets another. One runner exists, used under the runtime's lock.
class BlockRunner {
 public:
  static BlockRunner& instance();

  // Runs all blocks; `seed` 0 is natural order. Gives the report of what went wrong, empty if nothing did.
  std::string run(const Grid& grid, std::uint64_t seed);

  // From kernels, on a fiber.
  int block_barrier(detail::BarrierResult result, bool predicate, const detail::Site& site);
  std::uint64_t warp_collective(detail::WarpOp op, unsigned mask, std::uint64_t value, int source,
                                const detail::Site& site);
  void yield_thread();
  int lane_index() const { return static_cast<int>(running_ % 32); }
  SharedMemory& shared_memory() { return shared_memory_; }
  // Ends the launch with a report once the calling thread stops; apart from each other, because what is alive in a
  // frame that stops is never destroyed.
  void fail(const std::string& what);
  void stop_thread() { suspend_running(); }

 private:
  enum class State { kUnstarted, kReady, kAtBarrier, kAtWarp, kExited };
  struct Thread {
    uint3 index{};
    State state = State::kUnstarted;
    Fiber* fiber = nullptr;
    detail::Site site{};
    detail::BarrierResult barrier_result{};
    bool predicate = false;
    detail::WarpOp op{};
    unsigned mask = 0;
    int source = 0;
    std::uint64_t value = 0;
    std::uint64_t result = 0;
  };

  BlockRunner() = default;
  void prepare(const Grid& grid, std::uint64_t seed);
  void run_block();
  void run_unstarted_threads();
  void start_fiber();
  void resume_ready_thread();
  bool prefers_ready();
  bool release_barrier();
  bool all_at_one_barrier() const;
  bool complete_warp(std::size_t warp_base, unsigned mask, detail::WarpOp op);
  void make_running(std::size_t thread);
  void suspend_running();
  void abandon_fibers();
  std::string describe_waits() const;
  std::string describe_wait(const Thread& thread) const;

  const Grid* grid_ = nullptr;
  bool seeded_ = false;
  Random random_{0};
  std::vector<Thread> threads_;
  std::vector<std::size_t> start_order_;
  std::size_t next_start_ = 0;
  std::size_t exited_ = 0;
  std::size_t running_ = 0;
  std::size_t yields_ = 0;
  std::deque<std::size_t> ready_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_fibers_;
  Fiber* current_fiber_ = nullptr;
  SharedMemory shared_memory_;
  std::string report_;
};

}  // namespace weft::emulator
