// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>

#include "core/device/cuda/check.h"
#include "kernels/rows/cross_entropy_row.cuh"

// Cross entropy of long rows, a block for each. Rows are read and written in packs of 16 bytes. Shared memory keeps a
// row between its two traversals, because the gradient may lie over the logits.
namespace weft::kernels {

inline constexpr int kWideBlock = 1024;  // threads at most, so a thread has 64 registers
inline constexpr int kAhead = 4;         // packs that a thread asks for at once

struct WideLayout {
  unsigned threads;
  std::int64_t cached;  // packs of a row that shared memory holds
};
inline WideLayout wide_layout(std::int64_t packs, int device) {
  constexpr std::int64_t kOwn = 2048;  // bytes that the kernel and the hardware want besides
  int limit = 0;
  WEFT_CUDA(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  const std::int64_t cached = std::min(packs, (limit - kOwn) / 16);
  // Two blocks on a multiprocessor, of which one may write while the other reads; one twice as large where their rows
  // do not fit side by side.
  const int most = 2 * (cached * 16 + kOwn) <= limit ? kWideBlock / 2 : kWideBlock;
  const auto wanted = std::bit_ceil(static_cast<std::uint64_t>((packs + kAhead - 1) / kAhead));
  return {static_cast<unsigned>(std::clamp<std::uint64_t>(wanted, 32, static_cast<std::uint64_t>(most))), cached};
}

// A pack of one type's elements in memory.
template <class T>
struct alignas(16) RowPack {
  static constexpr int size = 16 / sizeof(T);
  T lane[size];
};

// Cut of a row into packs: single elements come before the first 16-byte boundary and behind the last pack. A row is
// all single elements if logits and gradient are not aligned alike.
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
  for (int i = 0; i < n; ++i) to[i] = static_cast<A>(pack.lane[i]);
}

// Stores a value that nobody reads soon, so that it is the first to leave the cache.
inline __device__ void store_past(uint4* to, const uint4& value) {
#if defined(__CUDA_ARCH__)
  __stcs(to, value);
#else
  *to = value;
#endif
}

// Joins the block's values through one value per warp in `cells`, in a fixed order; every thread gets the outcome.
template <class V>
__device__ V over_block(V* cells, const V& mine) {
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(threadIdx.x) % 32;
  const V joined = over_team(mine, 32);
  if (lane == 0) cells[warp] = joined;
  __syncthreads();
  return over_team(lane < static_cast<int>(blockDim.x) / 32 ? cells[lane] : V{}, 32);
}

// One thread's part of a row.
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
  __device__ A at_label() const { return static_cast<A>(logits_[target_.label]); }
  __device__ void put(std::int64_t j, A slope) const { gradient_[j] = static_cast<T>(slope * scale_); }

  // Fills the whole gradient with one slope, for a row that does not count.
  __device__ void fill(A slope) const {
    RowPack<T> all;
    WEFT_LANES
    for (int i = 0; i < n; ++i) all.lane[i] = static_cast<T>(slope * scale_);
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) put(cut_.single(i), slope);
    for (std::int64_t p = threadIdx.x; p < cut_.packs; p += blockDim.x) slopes_[p] = __builtin_bit_cast(uint4, all);
  }

  // The first traversal: maximum and sum of exponentials.
  __device__ void add_up(ExpSum<A>& state, A& mass) const {
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) {
      const std::int64_t j = cut_.single(i);
      const A x[1] = {static_cast<A>(logits_[j])};
      state.add(x);
      if constexpr (!kPlain) mass += target_.mass(j);
    }
    add_up<true>(0, kept_, state, mass);
    add_up<false>(kept_, cut_.packs, state, mass);
  }

  // The second traversal: writes the gradient and gives this thread's share of the loss. With plain targets the share
  // is 0, and the label's slope still lacks its mass.
  __device__ A write(const ExpSum<A>& state, A mass) const {
    const A sum = state.total();
    const Known known{state.max, std::log(sum), mass / sum * scale_};
    A loss = 0;
    for (std::int64_t i = threadIdx.x; i < cut_.singles; i += blockDim.x) {
      const std::int64_t j = cut_.single(i);
      const A value = slope(static_cast<A>(logits_[j]), j, known, loss);
      if (gradient_) gradient_[j] = static_cast<T>(value);
    }
#pragma unroll 2
    for (std::int64_t p = threadIdx.x; p < kept_; p += blockDim.x) write_pack(p, cache_[p], known, loss);
    for (std::int64_t p = kept_ + threadIdx.x; p < cut_.packs; p += blockDim.x) write_pack(p, packs_[p], known, loss);
    return loss;
  }

 private:
  static constexpr int n = RowPack<T>::size;
  struct Known {
    A max, log_sum, factor;
  };

  template <bool keep>
  __device__ void add_up(std::int64_t begin, std::int64_t end, ExpSum<A>& state, A& mass) const {
    const std::int64_t step = blockDim.x;
    for (std::int64_t p = begin + threadIdx.x; p < end; p += kAhead * step) {
      uint4 raw[kAhead];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a)
        if (p + a * step < end) raw[a] = packs_[p + a * step];
      WEFT_LANES
      for (int a = 0; a < kAhead; ++a) {
        const std::int64_t here = p + a * step;
        if (here >= end) break;
        if constexpr (keep) cache_[here] = raw[a];
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
    for (int i = 0; i < n; ++i) out.lane[i] = static_cast<T>(slope(x[i], cut_.first_of(p) + i, known, loss));
    if (gradient_) store_past(slopes_ + p, __builtin_bit_cast(uint4, out));
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
  const std::int64_t row = blockIdx.x;
  const WideRow<T, targets> r(e, o, row, cached, cache);
  const bool first = threadIdx.x == 0;
  if (first) {
    r.target().report(e, o.fault, row);
    if (o.row_weight) o.row_weight[row] = r.target().row_weight();
  }
  if (!r.target().counts) {
    if (first && o.loss) o.loss[row] = 0;
    if (r.wants_gradient()) r.fill(0);
    return;
  }
  ExpSum<A> state;
  A mass = 0, loss = 0;
  r.add_up(state, mass);
  if constexpr (targets == Targets::kPlain) {
    const A label = r.at_label();  // before the gradient may be written over it
    state = over_block(states, state);
    if (r.wants_gradient()) r.write(state, 1);
    __syncthreads();  // the label's slope is written twice
    const A below = label - state.max, sum = state.total();
    if (first && r.wants_gradient()) r.put(r.target().label, fast_exp(below) / sum - 1);
    loss = std::log(sum) - below;
  } else {
    state = over_block(states, state);
    mass = over_block(masses, mass);
    loss = over_block(losses, r.write(state, mass));
  }
  if (first && o.loss) o.loss[row] = loss;
}

}  // namespace weft::kernels
