// SPDX-License-Identifier: Apache-2.0
#include "emulated/collectives.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>

#include "tests/emulator/src/block.h"

namespace weft::emulator {
namespace {

bool same_place(const detail::Site& a, const detail::Site& b) {
  return a.line == b.line && std::strcmp(a.operation, b.operation) == 0 && std::strcmp(a.file, b.file) == 0;
}

std::uint64_t combine(detail::WarpOp op, std::uint64_t a, std::uint64_t b) {
  const auto less = static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b);
  switch (op) {
    case detail::WarpOp::kAdd:
      return static_cast<std::uint32_t>(a + b);
    case detail::WarpOp::kMin:
      return std::min(a, b);
    case detail::WarpOp::kMax:
      return std::max(a, b);
    case detail::WarpOp::kMinSigned:
      return less ? a : b;
    case detail::WarpOp::kMaxSigned:
      return less ? b : a;
    case detail::WarpOp::kAnd:
      return a & b;
    case detail::WarpOp::kOr:
      return a | b;
    case detail::WarpOp::kXor:
      return a ^ b;
    case detail::WarpOp::kSync:
    case detail::WarpOp::kShuffle:
    case detail::WarpOp::kBallot:
      break;
  }
  return 0;
}

bool names(unsigned mask, int lane) { return lane >= 0 && lane < 32 && ((mask >> lane) & 1u) != 0; }

}  // namespace

int BlockRunner::block_barrier(detail::BarrierResult result, bool predicate, const detail::Site& site) {
  Thread& thread = threads_[running_];
  thread.state = State::kAtBarrier;
  thread.site = site;
  thread.barrier_result = result;
  thread.predicate = predicate;
  suspend_running();
  return static_cast<int>(thread.result);
}

bool BlockRunner::all_at_one_barrier() const {
  return std::all_of(threads_.begin(), threads_.end(), [&](const Thread& thread) {
    return thread.state == State::kAtBarrier && same_place(thread.site, threads_.front().site);
  });
}

bool BlockRunner::release_barrier() {
  if (!all_at_one_barrier()) return false;
  const auto count = static_cast<std::size_t>(
      std::count_if(threads_.begin(), threads_.end(), [](const Thread& thread) { return thread.predicate; }));
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    Thread& thread = threads_[i];
    switch (thread.barrier_result) {
      case detail::BarrierResult::kNone:
        break;
      case detail::BarrierResult::kCount:
        thread.result = count;
        break;
      case detail::BarrierResult::kAnd:
        thread.result = count == threads_.size();
        break;
      case detail::BarrierResult::kOr:
        thread.result = count != 0;
        break;
    }
    thread.state = State::kReady;
    ready_.push_back(i);
  }
  return true;
}

std::uint64_t BlockRunner::warp_collective(detail::WarpOp op, unsigned mask, std::uint64_t value, int source,
                                           const detail::Site& site) {
  Thread& thread = threads_[running_];
  const std::size_t self = running_;
  thread.site = site;
  thread.op = op;
  thread.mask = mask;
  thread.value = value;
  thread.source = source;
  if (!names(mask, lane_index())) {
    fail(describe_wait(thread) + ": the calling lane is not in its own mask");
    stop_thread();
  }
  thread.state = State::kAtWarp;
  if (complete_warp(self - self % 32, mask, op)) {
    thread.state = State::kReady;
  } else {
    suspend_running();
  }
  return thread.result;
}

// Once every lane of the mask has come to the same operation, works out all results and lets the other lanes go on.
bool BlockRunner::complete_warp(std::size_t warp_base, unsigned mask, detail::WarpOp op) {
  std::uint64_t combined = 0;
  bool first = true;
  for (int lane = 0; lane < 32; ++lane) {
    if (!names(mask, lane)) continue;
    const std::size_t i = warp_base + static_cast<std::size_t>(lane);
    if (i >= threads_.size()) return false;
    const Thread& thread = threads_[i];
    if (thread.state != State::kAtWarp || thread.op != op || thread.mask != mask) return false;
    if (op == detail::WarpOp::kBallot) {
      combined |= thread.value << lane;
    } else {
      combined = first ? thread.value : combine(op, combined, thread.value);
    }
    first = false;
  }
  for (int lane = 0; lane < 32; ++lane) {
    if (!names(mask, lane)) continue;
    const std::size_t i = warp_base + static_cast<std::size_t>(lane);
    Thread& thread = threads_[i];
    if (op == detail::WarpOp::kShuffle) {
      thread.result = names(mask, thread.source) ? threads_[warp_base + static_cast<std::size_t>(thread.source)].value
                                                 : ~std::uint64_t{0};
    } else {
      thread.result = combined;
    }
    if (i == running_) continue;
    thread.state = State::kReady;
    ready_.push_back(i);
  }
  return true;
}

std::string BlockRunner::describe_wait(const Thread& thread) const {
  std::array<char, 40> mask{};
  if (thread.state == State::kExited) return "exited";
  if (thread.state != State::kAtBarrier) std::snprintf(mask.data(), mask.size(), " for lanes 0x%08x", thread.mask);
  return std::string(thread.site.operation) + mask.data() + " at " + thread.site.file + ":" +
         std::to_string(thread.site.line);
}

std::string BlockRunner::describe_waits() const {
  std::map<std::string, std::pair<std::size_t, uint3>> groups;  // place -> number of threads, the first of them
  for (const Thread& thread : threads_) {
    auto [group, added] = groups.try_emplace(describe_wait(thread), 0, thread.index);
    ++group->second.first;
  }
  std::string text = "divergent barrier: threads wait for others that never come\n  block (" +
                     std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
                     std::to_string(blockIdx.z) + ") of " + std::to_string(threads_.size()) + " threads:";
  for (const auto& [where, group] : groups) {
    text += "\n  " + std::to_string(group.first) + " threads, first (" + std::to_string(group.second.x) + ", " +
            std::to_string(group.second.y) + ", " + std::to_string(group.second.z) + "): " + where;
  }
  return text;
}

namespace detail {

int block_barrier(BarrierResult result, bool predicate, const Site& site) {
  return BlockRunner::instance().block_barrier(result, predicate, site);
}

std::uint64_t warp_collective(WarpOp op, unsigned mask, std::uint64_t value, int source, const Site& site) {
  return BlockRunner::instance().warp_collective(op, mask, value, source, site);
}

void yield_thread() { BlockRunner::instance().yield_thread(); }

int lane_index() { return BlockRunner::instance().lane_index(); }

}  // namespace detail
}  // namespace weft::emulator
