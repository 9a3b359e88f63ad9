// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/program/interpreter.h"
#include "kernels/common/data_fault.cuh"
#include "kernels/rows/cross_entropy_operands.h"
#include "weft/cuda_kernel.h"

// A row as the CUDA kernels of softmax_cross_entropy see it.
namespace weft::kernels {

// kPlain: class indices, no class weights, no smoothing.
enum class Targets { kPlain, kIndices, kProbabilities };

// One row's target distribution times the class weights.
template <class T, Targets targets>
struct TargetRow {
  using A = Compute<T>;
  const T* weight;
  const T* probabilities = nullptr;
  std::int64_t label = -1;
  A sharp, smooth;
  bool counts = true;

  __device__ TargetRow(const CrossEntropy& e, const CrossEntropyOperands<T>& o, std::int64_t row)
      : weight(o.weight), sharp(o.sharp), smooth(o.smooth) {
    if constexpr (targets == Targets::kProbabilities) {
      probabilities = static_cast<const T*>(o.target) + row * e.classes;
    } else {
      label = o.long_labels ? static_cast<const std::int64_t*>(o.target)[row]
                            : static_cast<const std::int32_t*>(o.target)[row];
      counts = label != e.ignore_index && label >= 0 && label < e.classes;
    }
  }

  __device__ void report(const CrossEntropy& e, DataFault* fault, std::int64_t row) const {
    if (!counts && label != e.ignore_index) raise_data_error(fault, e.bad_label, label, row);
  }
  __device__ A mass(std::int64_t j) const {
    const A w = weight ? static_cast<A>(weight[j]) : A{1};
    if constexpr (targets == Targets::kProbabilities) {
      return w * (static_cast<A>(probabilities[j]) * sharp + smooth);
    } else {
      return w * smooth + (j == label ? w * sharp : A{0});
    }
  }
  // A class that the label gives no mass adds nothing, not even where its logit is minus infinity.
  __device__ A loss(A q, A log_sum, A below_max) const {
    return targets != Targets::kProbabilities && q == 0 ? A{0} : q * (log_sum - below_max);
  }
  __device__ A row_weight() const {
    if (!counts) return 0;
    return targets != Targets::kProbabilities && weight ? static_cast<A>(weight[label]) : A{1};
  }
};

template <class T>
__device__ Compute<T> scale_of(const CrossEntropyOperands<T>& o, std::int64_t row) {
  return o.scale ? o.scale[o.scale_per_row ? row : 0] : Compute<T>{1};
}

// exp for arguments that are not positive: a product and one instruction, because no more fits beside the memory
// accesses.
__device__ inline float fast_exp(float x) { return __expf(x); }
__device__ inline double fast_exp(double x) { return std::exp(x); }

// The sum of exp(x - max) over the logits seen so far. NaN among them makes the sum NaN, and so does plus infinity.
template <class A>
struct ExpSum {
  A max = std::numeric_limits<A>::lowest();  // finite, so that the distance of minus infinity is a number's
  A sum = 0;

  template <int n>
  __device__ void add(const A (&x)[n]) {
    A most = x[0];
    WEFT_LANES
    for (int i = 1; i < n; ++i) most = fmax(most, x[i]);
    if (most > max) {
      sum *= fast_exp(max - most);
      max = most;
    }
    A more = 0;
    WEFT_LANES
    for (int i = 0; i < n; ++i) more += fast_exp(x[i] - max);
    sum += more;
  }
  // Commutative, bit for bit.
  __device__ void merge(const ExpSum& other) {
    const A most = fmax(max, other.max);
    sum = sum * std::exp(max - most) + other.sum * std::exp(other.max - most);
    max = most;
  }
  // A row with nothing above minus infinity gives NaN, as in PyTorch.
  __device__ A total() const { return sum == 0 ? std::numeric_limits<A>::quiet_NaN() : sum; }
};

// Joins the values of `team` neighboring threads of a warp, a power of two; each thread gets the outcome.
template <class A>
__device__ ExpSum<A> over_team(ExpSum<A> mine, int team) {
  for (int step = team / 2; step > 0; step /= 2)
    mine.merge({__shfl_xor_sync(0xffffffffu, mine.max, step), __shfl_xor_sync(0xffffffffu, mine.sum, step)});
  return mine;
}
template <class A>
__device__ A over_team(A mine, int team) {
  for (int step = team / 2; step > 0; step /= 2) mine += __shfl_xor_sync(0xffffffffu, mine, step);
  return mine;
}

}  // namespace weft::kernels
