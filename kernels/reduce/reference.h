// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/reduce/accumulate.h"
#include "kernels/reduce/plan.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// Sums of floats are f64.
template <class T>
using ReferenceSum = double;

// Output i: its elements added one after the other.
template <class Op, class Out, class T>
WEFT_HD inline Out reduced(const ReducePlan& plan, const T* x, std::int64_t i) {
  typename Op::State state = Op::start();
  for (std::int64_t r = 0; r < plan.count; ++r)
    Op::add(state, widened<typename Op::Element>(x[plan.kept.offset(i) + plan.reduced.offset(r)]), r);
  return finished<Op, Out>(state, plan.count, plan.correction);
}

}  // namespace weft::kernels
