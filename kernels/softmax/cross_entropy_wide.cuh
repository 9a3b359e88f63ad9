// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>

#include "core/device/cuda/check.h"
#include "kernels/softmax/cross_entropy_row.cuh"

// Rows for a whole block, which goes from row to row. They are read and written in packs of 16 bytes, and kept as they
// are stored in shared memory between the pass that adds up the exponentials and the one that writes the gradient,
// which may lie over the logits. The latter has the next row on its way into the places that it leaves, so that the
// memory reads and writes all the time.
namespace weft::kernels {

inline constexpr int kWideBlock = 1024;  // threads at most, so a thread has 64 registers
inline constexpr int kAhead = 4;         // packs that a thread asks for at once

struct WideLayout {
  unsigned blocks, threads;
  std::int64_t cached;  // packs of a row that fit in shared memory
};
inline WideLayout wide_layout(std::int64_t rows, std::int64_t packs, int device) {
  constexpr std::int64_t kOwn = 2048;  // bytes that the kernel and the hardware want besides
  int limit = 0, processors = 0;
  WEFT_CUDA(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  WEFT_CUDA(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device));
  const std::int64_t cached = std::min(packs, (limit - kOwn) / 16);
  // Two blocks on a multiprocessor, of which one may write while the other reads; one twice as large where their rows
  // do not fit side by side.
  const int most = 2 * (cached * 16 + kOwn) <= limit ? kWideBlock / 2 : kWideBlock;
  const auto wanted = std::bit_ceil(static_cast<std::uint64_t>((packs + kAhead - 1) / kAhead));
  const auto threads = std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted), 32, most);
  const std::int64_t together = std::min(kWideBlock / threads, (limit + kOwn) / (cached * 16 + kOwn));
  const std::int64_t blocks = std::min(rows, std::max<std::int64_t>(1, together) * processors);
  return {static_cast<unsigned>(blocks), static_cast<unsigned>(threads), cached};
}

// A pack of one type's elements in memory.
template <class T>
struct alignas(16) RowPack {
  static constexpr int size = 16 / sizeof(T);
  T lane[size];
};

// Where a row's packs lie: single elements come before the first 16-byte boundary and behind the last pack. Rows of
// logits and gradient that are not aligned alike are singles altogether.
template <class T>
struct RowCut {
  std::int64_t head, packs, singles;

  __device__ RowCut(const T* logits, const T* gradient, std::int64_t classes) : head(classes), packs(0) {
    const auto past = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(logits) % 16);
    const auto other = static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(gradient) % 16);
    if (!gradient || past == other) {
      head = min(classes, static_cast<std::int64_t>((16 - past) % 16 / sizeof(T)));
      packs = (classes - head) / RowPack<T>::size;
    }
    singles = classes - packs * RowPack<T>::size;
  }
  __device__ std::int64_t single(std::int64_t i) const { return i < head ? i : i + packs * RowPack<T>::size; }
  __device__ std::int64_t first_of(std::int64_t pack) const { return head + pack * RowPack<T>::size; }
};

template <class A, class T, int n>
__device__ void widen(A (&to)[n], const uint4& raw) {
  const auto pack = __builtin_bit_cast(RowPack<T>, raw);
  WEFT_LANES
  for (int i = 0; i < n; ++i) to[i] = to_compute<A>(pack.lane[i]);
}

// Joins over the block by way of one value per warp in `cells`, in a fixed order; every thread gets the outcome.
template <class V>
__device__ V over_block(V* cells, const V& mine) {
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const V joined = over_lanes(mine, 32);
  if (lane == 0) cells[warp] = joined;
  __syncthreads();
  return over_lanes(lane < static_cast<int>(blockDim.x) / 32 ? cells[lane] : V{}, 32);
}

// Packs of a row that belong in shared memory.
struct RowFront {
  const uint4* packs = nullptr;
  std::int64_t count = 0;
};

// Those of row `row`, of none where there is no such row.
template <class T>
__device__ RowFront front_of(const CrossEntropy& e, const CrossEntropyOperands<T>& o, std::int64_t row,
                             std::int64_t cached) {
  if (row >= e.rows) return {};
  const T* logits = o.logits + row * e.classes;
  const RowCut<T> cut(logits, o.gradient ? o.gradient + row * e.classes : nullptr, e.classes);
  return {reinterpret_cast<const uint4*>(logits + cut.head), min(cut.packs, cached)};
}

// Brings them. Each thread has the packs that it will read.
inline __device__ void fetch(const RowFront& row, uint4* cache) {
  const std::int64_t step = blockDim.x;
  for (std::int64_t p = threadIdx.x; p < row.count; p += kAhead * step) {
    uint4 raw[kAhead];
    WEFT_LANES
    for (int a = 0; a < kAhead; ++a)
      if (p + a * step < row.count) raw[a] = row.packs[p + a * step];
    WEFT_LANES
    for (int a = 0; a < kAhead; ++a)
      if (p + a * step < row.count) cache[p + a * step] = raw[a];
  }
}

// One thread's part of a row, whose front has been fetched.
template <class T, Targets targets>
class WideRow {
 public:
  using A = Compute<T>;
  static constexpr bool kPlain = targets == Targets::kPlain;

  __device__ WideRow(const CrossEntropy& e, const CrossEntropyOperands<T>& o, std::int64_t row, std::int64_t cached,
                     uint4* cache)
      : logits_(o.logits + row * e.classes),
        gradient_(o.gradient ? o.gradient + row * e.classes : nullptr),
        cut_(logits_, gradient_, e.classes),
        kept_(min(cut_.packs, cached)),
        packs_(reinterpret_cast<const uint4*>(logits_ + cut_.head)),
        slopes_(gradient_ ? reinterpret_cast<uint4*>(gradient_ + cut_.head) : nullptr),
        cache_(cache),
        target_(e, o, row),
        scale_(scale_of(o, row)) {}

  __device__ const TargetRow<T, targets>& target() const { return target_; }
  __device__ bool wants_gradient() const { return gradient_ != nullptr; }
  __device__ A at_label() const { return to_compute<A>(logits_[target_.label]); }
  __device__ void put(std::int64_t j, A slope) const { gradient_[j] = to_storage<T>(slope * scale_); }

  // The whole gradient of a row that does not count.
  __device__ void fill(A slope) const {
    RowPack<T> all;
    WEFT_LANES
    for (int i = 0; i < n; ++i) all.lane[i] = to_storage<T>(slope * scale_);
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) put(cut_.single(i), slope);
    for (std::int64_t p = threadIdx.x; p < cut_.packs; p += blockDim.x) slopes_[p] = __builtin_bit_cast(uint4, all);
  }

  // The first pass.
  __device__ void add_up(ExpSum<A>& state, A& mass) const {
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) {
      const std::int64_t j = cut_.single(i);
      const A x[1] = {to_compute<A>(logits_[j])};
      state.add(x);
      if constexpr (!kPlain) mass += target_.mass(j);
    }
    add_up(cache_, 0, kept_, state, mass);
    add_up(packs_, kept_, cut_.packs, state, mass);
  }

  // The second pass, for a row whose sum of exponentials and whose mass are known; gives this thread's share of the
  // loss. Of plain targets that is nothing, and the label's slope still lacks its mass. Fetches the next row.
  __device__ A write(const ExpSum<A>& state, A mass, const RowFront& next) const {
    const A sum = state.total();
    const Known known{state.max, std::log(sum), mass / sum * scale_};
    A loss = 0;
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) {
      const std::int64_t j = cut_.single(i);
      const A value = slope(to_compute<A>(logits_[j]), j, known, loss);
      if (gradient_) gradient_[j] = to_storage<T>(value);
    }
    const std::int64_t step = blockDim.x, both = max(kept_, next.count);
    for (std::int64_t p = threadIdx.x; p < both; p += kAhead * step) {
      uint4 raw[kAhead];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a)
        if (p + a * step < next.count) raw[a] = next.packs[p + a * step];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a) {
        const std::int64_t here = p + a * step;
        if (here < kept_) write_pack(here, cache_[here], known, loss);
        if (here < next.count) cache_[here] = raw[a];
      }
    }
    for (std::int64_t p = kept_ + threadIdx.x; p < cut_.packs; p += blockDim.x) write_pack(p, packs_[p], known, loss);
    return loss;
  }

 private:
  static constexpr int n = RowPack<T>::size;
  struct Known {
    A max, log_sum, factor;
  };

  __device__ void add_up(const uint4* packs, std::int64_t begin, std::int64_t end, ExpSum<A>& state, A& mass) const {
    const std::int64_t step = blockDim.x;
    for (std::int64_t p = begin + threadIdx.x; p < end; p += kAhead * step) {
      uint4 raw[kAhead];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a)
        if (p + a * step < end) raw[a] = packs[p + a * step];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a) {
        const std::int64_t here = p + a * step;
        if (here >= end) break;
        A x[n];
        widen<A, T>(x, raw[a]);
        state.add(x);
        if constexpr (!kPlain) {
          WEFT_LANES
          for (int i = 0; i < n; ++i) mass += target_.mass(cut_.first_of(here) + i);
        }
      }
    }
  }

  __device__ A slope(A x, std::int64_t j, const Known& known, A& loss) const {
    const A below = x - known.max, power = fast_exp(below) * known.factor;
    if constexpr (kPlain) {
      return power;
    } else {
      const A q = target_.mass(j);
      loss += target_.loss(q, known.log_sum, below);
      return power - q * scale_;
    }
  }
  __device__ void write_pack(std::int64_t p, const uint4& raw, const Known& known, A& loss) const {
    A x[n];
    widen<A, T>(x, raw);
    RowPack<T> out;
    WEFT_LANES
    for (int i = 0; i < n; ++i) out.lane[i] = to_storage<T>(slope(x[i], cut_.first_of(p) + i, known, loss));
    if (gradient_) slopes_[p] = __builtin_bit_cast(uint4, out);
  }

  const T* logits_;
  T* gradient_;
  RowCut<T> cut_;
  std::int64_t kept_;  // the row's first packs, in shared memory; each thread reads back only what it wrote
  const uint4* packs_;
  uint4* slopes_;
  uint4* cache_;
  TargetRow<T, targets> target_;
  A scale_;
};

template <class T, Targets targets>
__global__ void __launch_bounds__(kWideBlock)
    cross_entropy_wide_kernel(CrossEntropy e, std::int64_t cached, CrossEntropyOperands<T> o) {
  using A = Compute<T>;
  WEFT_SHARED_ARRAY(ExpSum<A>, states, 32);
  WEFT_SHARED_ARRAY(A, masses, 32);
  WEFT_SHARED_ARRAY(A, losses, 32);
  WEFT_DYNAMIC_SHARED(uint4, cache);
  const bool first = threadIdx.x == 0;
  fetch(front_of(e, o, blockIdx.x, cached), cache);
  for (std::int64_t row = blockIdx.x; row < e.rows; row += gridDim.x) {
    const WideRow<T, targets> r(e, o, row, cached, cache);
    const RowFront next = front_of(e, o, row + gridDim.x, cached);
    if (first) {
      r.target().report(e, o.flag);
      if (o.row_weight) o.row_weight[row] = r.target().row_weight();
    }
    if (!r.target().counts) {
      if (first && o.loss) o.loss[row] = 0;
      if (r.wants_gradient()) r.fill(0);
      fetch(next, cache);
      continue;
    }
    ExpSum<A> state;
    A mass = 0, loss = 0;
    r.add_up(state, mass);
    if constexpr (targets == Targets::kPlain) {
      const A label = r.at_label();  // before the gradient may be written over it
      state = over_block(states, state);
      if (r.wants_gradient()) {
        r.write(state, 1, next);
      } else {
        fetch(next, cache);
      }
      __syncthreads();  // the label's slope is written twice
      const A below = label - state.max, sum = state.total();
      if (first && r.wants_gradient()) r.put(r.target().label, fast_exp(below) / sum - 1);
      loss = std::log(sum) - below;
    } else {
      state = over_block(states, state);
      mass = over_block(masses, mass);
      loss = over_block(losses, r.write(state, mass, next));
    }
    if (first && o.loss) o.loss[row] = loss;
  }
}

}  // namespace weft::kernels
