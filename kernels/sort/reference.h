// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/axis_split.h"
#include "kernels/sort/key.h"
#include "kernels/sort/running_sum.h"

// The reference kernels of either device, one line at a time, with neither a sort nor a workspace.
namespace weft::kernels {

// An element by its key, and equal keys by their position.
struct KeyAt {
  std::uint64_t key = 0;
  std::int64_t place = -1;  // before every element

  WEFT_HD bool before(const KeyAt& other) const { return key != other.key ? key < other.key : place < other.place; }
};

// The least element behind `last`, among n elements, `stride` apart. There must be one.
template <class T>
WEFT_HD inline KeyAt next_in_order(const T* x, std::int64_t n, std::int64_t stride, bool descending,
                                   const KeyAt& last) {
  KeyAt least;
  for (std::int64_t j = 0; j < n; ++j) {
    const KeyAt here{ordered_key(x[j * stride], descending), j};
    if (last.before(here) && (least.place < 0 || here.before(least))) least = here;
  }
  return least;
}

// The wanted elements of one sorted line, each found among all. Results that nobody reads are null.
template <class T>
WEFT_HD inline void sort_line(const SortPlan& plan, const T* x, T* values, std::int64_t* indices, std::int64_t line) {
  const std::int64_t size = plan.x.size, inner = plan.x.inner;
  const T* from = x + line / inner * size * inner + line % inner;
  const std::int64_t to = line / inner * plan.keep * inner + line % inner;
  KeyAt last;
  for (std::int64_t j = -plan.first; j < plan.keep; ++j) {
    last = next_in_order(from, size, inner, plan.descending, last);
    if (j < 0) continue;
    if (values) values[to + j * inner] = from[last.place * inner];
    if (indices) indices[to + j * inner] = last.place;
  }
}

// Results of unique, each null where nobody reads it.
template <class T>
struct UniqueResults {
  T* values;
  std::int64_t *inverse, *counts, *number;
};

// The different values of n elements in order: for each one its first element, and all elements that equal it.
template <class T>
WEFT_HD inline void unique_values(const T* x, std::int64_t n, const UniqueResults<T>& to) {
  std::int64_t groups = 0, done = 0;
  for (KeyAt last; done < n; ++groups) {
    const KeyAt first = next_in_order(x, n, 1, false, last);
    std::int64_t count = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      if (key_of(x[j]) != first.key) continue;
      if (to.inverse) to.inverse[j] = groups;
      ++count;
    }
    if (to.values) to.values[groups] = x[first.place];
    if (to.counts) to.counts[groups] = count;
    done += count;
    last = {first.key, n};  // behind all elements of this key
  }
  for (std::int64_t rest = groups; rest < n; ++rest) {
    if (to.values) to.values[rest] = T{};
    if (to.counts) to.counts[rest] = 0;
  }
  if (to.number) *to.number = groups;
}

// The running sums of one line.
template <class T>
WEFT_HD inline void cumsum_line(const AxisSplit& split, bool reverse, const T* x, T* out, std::int64_t line) {
  const std::int64_t first = line / split.inner * split.size * split.inner + line % split.inner;
  RunningSum<T> sum = 0;
  for (std::int64_t j = 0; j < split.size; ++j) {
    const std::int64_t at = first + (reverse ? split.size - 1 - j : j) * split.inner;
    sum += to_sum(x[at]);
    out[at] = to_element<T>(sum);
  }
}

}  // namespace weft::kernels
