// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/index/index_common.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// Destinations of the updates: rows of the axis (index_add), or elements of the result (scatter_add).
enum class AddTo { kRows, kElements };

// Element i of the result: x's element, then its updates in the order of the index.
template <AddTo to, class T>
WEFT_HD inline T with_updates(const IndexPlan& plan, const T* x, const void* index, const T* updates, std::int64_t i) {
  const std::int64_t inner = plan.x.inner, row = i / inner;
  auto sum = static_cast<Sum<T>>(x[i]);
  for (std::int64_t j = 0; j < plan.count; ++j) {
    const std::int64_t update = (row / plan.x.size * plan.count + j) * inner + i % inner;
    const std::int64_t at = index_at(index, plan.wide, to == AddTo::kElements ? update : j);
    if (at == row % plan.x.size) sum += static_cast<Sum<T>>(updates[update]);
  }
  return static_cast<T>(sum);
}

// True if number i of the index lies outside the axis.
WEFT_HD inline bool is_outside(const IndexPlan& plan, const void* index, std::int64_t i) {
  const std::int64_t at = index_at(index, plan.wide, i);
  return at < 0 || at >= plan.x.size;
}

}  // namespace weft::kernels
