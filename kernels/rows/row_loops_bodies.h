// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/common/row_vectors.h"
#include "kernels/rows/row_loops_isa.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

template <class A>
void exps_of_rows(const A* x, std::int64_t rows, std::int64_t n, A* max, double* sum, A* out) {
  const auto with = [&](std::int64_t count) __attribute__((always_inline)) {
    for (std::int64_t r = 0; r < rows; ++r) {
      max[r] = row_max(x + r * count, count);
      sum[r] = row_exps(x + r * count, count, max[r], out ? out + r * count : nullptr);
    }
  };
  n == kLanes ? with(kLanes) : with(n);  // a count that the compiler knows
}

template <class A>
WEFT_INLINE void scale_row(A* x, std::int64_t n, A factor) {
  for (std::int64_t j = 0; j < n; ++j) x[j] *= factor;
}
template <class A>
void scale_rows(A* x, std::int64_t rows, std::int64_t n, const A* factor) {
  const auto with = [&](std::int64_t count) __attribute__((always_inline)) {
    for (std::int64_t r = 0; r < rows; ++r) scale_row(x + r * count, count, factor[r]);
  };
  n == kLanes ? with(kLanes) : with(n);
}

template <class A>
void row_log(A* x, std::int64_t n) {
  WEFT_LANES
  for (std::int64_t j = 0; j < n; ++j) x[j] = math::log(x[j]);
}

template <class A>
void resolve_loops(RowLoops<A>& loops) {
  loops = {exps_of_rows<A>, scale_rows<A>, row_log<A>};
}

}  // namespace

}  // namespace weft::kernels
