// SPDX-License-Identifier: Apache-2.0
#include "tests/emulator/src/block.h"

#include <cstring>
#include <numeric>
#include <utility>

uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace weft::emulator {
namespace {

constexpr std::size_t kYieldLimit = std::size_t{1} << 22;

std::size_t volume(const dim3& d) { return static_cast<std::size_t>(d.x) * d.y * d.z; }

uint3 unflatten(std::size_t linear, const dim3& extent) {
  return {static_cast<unsigned>(linear % extent.x), static_cast<unsigned>(linear / extent.x % extent.y),
          static_cast<unsigned>(linear / extent.x / extent.y)};
}

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % bound;
}

BlockRunner& BlockRunner::instance() {
  static auto* runner = new BlockRunner;  // never destroyed: a late free may still run queued kernels
  return *runner;
}

std::string BlockRunner::run(const Grid& grid, std::uint64_t seed) {
  prepare(grid, seed);
  const std::size_t blocks = volume(grid.blocks);
  std::vector<std::size_t> order;
  if (seeded_) {
    order.resize(blocks);
    std::iota(order.begin(), order.end(), std::size_t{0});
    random_.shuffle(order);
  }
  for (std::size_t i = 0; i < blocks && report_.empty(); ++i) {
    blockIdx = unflatten(seeded_ ? order[i] : i, grid.blocks);
    run_block();
  }
  grid_ = nullptr;
  return std::exchange(report_, {});
}

void BlockRunner::prepare(const Grid& grid, std::uint64_t seed) {
  grid_ = &grid;
  seeded_ = seed != 0;
  random_ = Random(seed);
  blockDim = grid.threads;
  gridDim = grid.blocks;
  shared_memory_.start_launch(grid.dynamic_shared_bytes);
  threads_.assign(volume(grid.threads), Thread{});
  start_order_.resize(threads_.size());
  std::iota(start_order_.begin(), start_order_.end(), std::size_t{0});
  for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i].index = unflatten(i, grid.threads);
}

void BlockRunner::run_block() {
  shared_memory_.start_block();
  if (seeded_) random_.shuffle(start_order_);
  for (Thread& thread : threads_) thread.state = State::kUnstarted;
  next_start_ = 0;
  exited_ = 0;
  yields_ = 0;
  ready_.clear();
  while (report_.empty() && exited_ < threads_.size()) {
    if (!ready_.empty() && prefers_ready()) {
      resume_ready_thread();
    } else if (next_start_ < threads_.size()) {
      start_fiber();
    } else if (!release_barrier()) {
      report_ = describe_waits();
    }
  }
  if (!report_.empty()) abandon_fibers();
}

// Natural order first finishes what it began, which keeps few fibers alive, unless a thread gave way: it may wait for
// one that has not started. A seed mixes both.
bool BlockRunner::prefers_ready() {
  if (next_start_ == threads_.size()) return true;
  return seeded_ ? random_.below(2) == 0 : yields_ == 0;
}

void BlockRunner::start_fiber() {
  if (idle_fibers_.empty()) {
    const auto entry = [](void* runner) { static_cast<BlockRunner*>(runner)->run_unstarted_threads(); };
    fibers_.push_back(std::make_unique<Fiber>(entry, this));
    idle_fibers_.push_back(fibers_.back().get());
  }
  current_fiber_ = idle_fibers_.back();
  idle_fibers_.pop_back();
  current_fiber_->resume();
}

void BlockRunner::resume_ready_thread() {
  const std::size_t pick = seeded_ ? random_.below(ready_.size()) : 0;
  std::swap(ready_[pick], ready_.front());
  const std::size_t thread = ready_.front();
  ready_.pop_front();
  make_running(thread);
  current_fiber_ = threads_[thread].fiber;
  current_fiber_->resume();
}

void BlockRunner::run_unstarted_threads() {
  for (;;) {
    while (next_start_ < threads_.size()) {
      make_running(start_order_[next_start_++]);
      grid_->thread_body();
      threads_[running_].state = State::kExited;
      ++exited_;
      if (!ready_.empty()) break;
    }
    idle_fibers_.push_back(current_fiber_);
    current_fiber_->suspend();
  }
}

void BlockRunner::make_running(std::size_t thread) {
  running_ = thread;
  threads_[thread].state = State::kReady;
  threadIdx = threads_[thread].index;
}

void BlockRunner::suspend_running() {
  threads_[running_].fiber = current_fiber_;
  current_fiber_->suspend();
}

void BlockRunner::yield_thread() {
  if (++yields_ > kYieldLimit) {
    fail("a block has called __nanosleep 2^22 times: it waits for something that never comes");
    stop_thread();
  }
  ready_.push_back(running_);
  suspend_running();
}

void BlockRunner::fail(const std::string& what) {
  const Thread& thread = threads_[running_];
  report_ = what + "\n  by thread (" + std::to_string(thread.index.x) + ", " + std::to_string(thread.index.y) + ", " +
            std::to_string(thread.index.z) + ")";
}

void BlockRunner::abandon_fibers() {
  idle_fibers_.clear();
  for (const auto& fiber : fibers_) {
    fiber->restart();
    idle_fibers_.push_back(fiber.get());
  }
}

}  // namespace weft::emulator
