// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <type_traits>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/sort/entries.h"
#include "kernels/sort/key.h"
#include "kernels/sort/sort.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkElements = 1 << 13;  // per piece of work handed to a thread
constexpr std::int64_t kFewKept = 32;             // which are kept sorted while the line is read once

std::int64_t lines_per_chunk(std::int64_t line) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, line));
}

// Results of one line, `stride` elements apart; a result that nobody reads is null.
template <class T>
struct SortedLine {
  const T* from;
  T* values;
  std::int64_t* indices;
  std::int64_t stride;

  void put(std::int64_t j, std::int64_t place) const {
    if (values) values[j * stride] = from[place * stride];
    if (indices) indices[j * stride] = place;
  }
};

// Calls body(line, number) for every line along the axis.
template <class T, class Body>
void for_each_line(const SortPlan& plan, const Call& call, const Body& body) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* values = static_cast<T*>(call.outputs[0].data);
  auto* indices = static_cast<std::int64_t*>(call.outputs[1].data);
  const std::int64_t size = plan.x.size, inner = plan.x.inner;
  if (size == 0) return;  // the pointers are null
  parallel_for(plan.x.outer * inner, lines_per_chunk(size), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t line = first; line < last; ++line) {
      const std::int64_t to = line / inner * plan.keep * inner + line % inner;
      body(SortedLine<T>{x + line / inner * size * inner + line % inner, values ? values + to : nullptr,
                         indices ? indices + to : nullptr, inner},
           line);
    }
  });
}

// True if no element of the block can stand before an element that equals `last`. Numbers are compared instead of keys,
// because compilers make vectors of that.
template <class T>
bool all_behind(const T* block, std::int64_t n, T last, bool descending) {
  bool behind = true;
  if (descending) {
    for (std::int64_t j = 0; j < n; ++j) behind &= block[j] <= last;
  } else {
    for (std::int64_t j = 0; j < n; ++j) behind &= block[j] >= last;
  }
  return behind;
}

// The first few of a line, without a place for all its elements.
template <class T>
class FirstFew {
 public:
  FirstFew(const SortPlan& plan, const SortedLine<T>& line) : plan_(plan), line_(line) {}

  void run() {
    constexpr std::int64_t kBlock = 64;
    for (std::int64_t j = 0; j < plan_.x.size; j += kBlock) {
      const std::int64_t n = std::min(kBlock, plan_.x.size - j);
      if constexpr (sizeof(T) != 2) {
        if (line_.stride == 1 && count_ == plan_.keep &&
            all_behind(line_.from + j, n, line_.from[kept_[static_cast<std::size_t>(count_) - 1].place()],
                       plan_.descending))
          continue;
      }
      for (std::int64_t i = j; i < j + n; ++i) offer(i);
    }
    for (std::int64_t j = 0; j < count_; ++j) line_.put(j, kept_[static_cast<std::size_t>(j)].place());
  }

 private:
  // Elements come in order: one with the key of another one stands behind it.
  void offer(std::int64_t place) {
    const std::uint64_t key = ordered_key(line_.from[place * line_.stride], plan_.descending);
    auto end = kept_.begin() + count_;
    if (count_ == plan_.keep) {
      if (key >= end[-1].key()) return;
      --end;
    } else {
      ++count_;
    }
    for (; end != kept_.begin() && key < end[-1].key(); --end) *end = end[-1];
    *end = {key, place};
  }

  const SortPlan& plan_;
  const SortedLine<T>& line_;
  std::array<WideEntry, kFewKept> kept_;
  std::int64_t count_ = 0;
};

// Puts the first `keep` entries of a line in front and in order.
template <class Entry>
const Entry* sort_first(Entry* entries, std::int64_t keep, std::int64_t n) {
  std::nth_element(entries, entries + keep, entries + n);
  std::sort(entries, entries + keep);
  return entries;
}

bool sorts_whole_lines(const SortPlan& plan) { return 2 * plan.keep >= plan.x.size; }

template <class T, class Entry>
void sort_lines(const SortPlan& plan, const Call& call) {
  const std::int64_t size = plan.x.size;
  const bool whole = sorts_whole_lines(plan);
  for_each_line<T>(plan, call, [&](const SortedLine<T>& line, std::int64_t number) {
    Entry* entries = static_cast<Entry*>(call.workspace.data) + number * size * (whole ? 2 : 1);
    for (std::int64_t j = 0; j < size; ++j) entries[j] = {ordered_key(line.from[j * line.stride], plan.descending), j};
    const Entry* sorted = whole ? sort_entries(entries, entries + size, size) : sort_first(entries, plan.keep, size);
    for (std::int64_t j = 0; j < plan.keep; ++j) line.put(j, sorted[j].place());
  });
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    if (plan.keep == 0) return {[](const Call&) {}};
    if (!sorts_whole_lines(plan) && plan.keep <= kFewKept) {
      return {[plan](const Call& call) {
        for_each_line<T>(plan, call, [&](const SortedLine<T>& line, std::int64_t) { FirstFew<T>(plan, line).run(); });
      }};
    }
    return with_entry<T>(plan.x.size, [&]<class Entry>(std::type_identity<Entry>) -> exec::PreparedKernel {
      const std::int64_t entries = plan.x.numel() * (sorts_whole_lines(plan) ? 2 : 1);
      return {[plan](const Call& call) { sort_lines<T, Entry>(plan, call); },
              static_cast<std::size_t>(entries) * sizeof(Entry)};
    });
  });
}

template <class T, class Entry>
void unique(std::int64_t n, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* values = static_cast<T*>(call.outputs[0].data);
  auto* inverse = static_cast<std::int64_t*>(call.outputs[1].data);
  auto* counts = static_cast<std::int64_t*>(call.outputs[2].data);
  auto* number = static_cast<std::int64_t*>(call.outputs[3].data);
  auto* entries = static_cast<Entry*>(call.workspace.data);
  for (std::int64_t j = 0; j < n; ++j) entries[j] = {key_of(x[j]), j};
  const Entry* sorted = sort_entries(entries, entries + n, n);
  if (counts) std::fill_n(counts, n, 0);
  std::int64_t group = -1;
  for (std::int64_t j = 0; j < n; ++j) {
    if (j == 0 || sorted[j].key() != sorted[j - 1].key()) {
      ++group;
      if (values) values[group] = x[sorted[j].place()];
    }
    if (inverse) inverse[sorted[j].place()] = group;
    if (counts) ++counts[group];
  }
  if (values) std::fill(values + group + 1, values + n, T{0});
  if (number) *number = group + 1;
}

}  // namespace

exec::PreparedKernel prepare_sort_cpu(const exec::KernelRequest& request) {
  return prepare_lines(request, sort_plan(request));
}

exec::PreparedKernel prepare_topk_cpu(const exec::KernelRequest& request) {
  return prepare_lines(request, topk_plan(request));
}

exec::PreparedKernel prepare_unique_cpu(const exec::KernelRequest& request) {
  const std::int64_t n = request.inputs[0].shape.numel();
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return with_entry<T>(n, [&]<class Entry>(std::type_identity<Entry>) -> exec::PreparedKernel {
      return {[n](const Call& call) { unique<T, Entry>(n, call); }, static_cast<std::size_t>(2 * n) * sizeof(Entry)};
    });
  });
}

}  // namespace weft::kernels
