// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/common/row_vectors.h"
#include "kernels/rows/row_loops_isa.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

template <class A>
void scale_row(A* x, std::int64_t n, A factor) {
  for (std::int64_t j = 0; j < n; ++j) x[j] *= factor;
}

template <class A>
void row_log(A* x, std::int64_t n) {
  WEFT_LANES
  for (std::int64_t j = 0; j < n; ++j) x[j] = math::log(x[j]);
}

template <class A>
void resolve_loops(RowLoops<A>& loops) {
  loops = {row_max<A>, row_exps<A>, scale_row<A>, row_log<A>};
}

}  // namespace

}  // namespace weft::kernels
