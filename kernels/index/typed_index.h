// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <utility>

#include "kernels/index/index_common.h"
#include "weft/kernel_call.h"

namespace weft::kernels {

// Calls f with the numbers of an index as the type that stores them, so that no loop asks for it again.
template <class F>
void with_index(const IndexPlan& plan, const View& index, F&& f) {
  if (plan.wide) return std::forward<F>(f)(static_cast<const std::int64_t*>(index.data));
  return std::forward<F>(f)(static_cast<const std::int32_t*>(index.data));
}

// True if `at` lies in [0, size): one comparison, because a negative number is a large unsigned one.
inline bool is_inside(std::int64_t at, std::int64_t size) {
  return static_cast<std::uint64_t>(at) < static_cast<std::uint64_t>(size);
}

}  // namespace weft::kernels
