// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/sort/entries.h"
#include "kernels/sort/key.h"
#include "kernels/sort/long_line.h"
#include "kernels/sort/ranks.h"
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

// Bytes of workspace for `lines` lines of n entries each.
template <class Entry>
std::size_t space_for(std::int64_t lines, std::int64_t n) {
  return static_cast<std::size_t>(lines) *
         (2 * static_cast<std::size_t>(n) * sizeof(Entry) + (n >= kLongLine ? kLongLineBytes : 0));
}

// The wanted ranks of n entries that `make` gives by their positions, in workspace of space_for(1, n) bytes.
template <class Entry, class Make>
const Entry* sorted_entries(std::byte* space, std::int64_t n, Ranks wanted, const Make& make) {
  auto* entries = reinterpret_cast<Entry*>(space);
  if (n >= kLongLine) {
    sort_long_line(entries, entries + n, n, wanted, reinterpret_cast<std::int64_t*>(entries + 2 * n), make);
  } else {
    for (std::int64_t j = 0; j < n; ++j) entries[j] = make(j);
    sort_ranks(entries, entries + n, n, wanted, false);
  }
  return entries;
}

template <class T, class Entry>
void sort_lines(const SortPlan& plan, const Call& call) {
  const std::int64_t size = plan.x.size;
  for_each_line<T>(plan, call, [&](const SortedLine<T>& line, std::int64_t number) {
    auto* space =
        static_cast<std::byte*>(call.workspace.data) + static_cast<std::size_t>(number) * space_for<Entry>(1, size);
    const Entry* sorted = sorted_entries<Entry>(space, size, {plan.first, plan.first + plan.keep}, [&](std::int64_t j) {
      return Entry(ordered_key(line.from[j * line.stride], plan.descending), j);
    });
    for (std::int64_t j = 0; j < plan.keep; ++j) line.put(j, sorted[plan.first + j].place());
  });
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    if (plan.keep == 0) return {[](const Call&) {}};
    if (plan.first == 0 && plan.keep <= kFewKept && 2 * plan.keep < plan.x.size) {
      return {[plan](const Call& call) {
        for_each_line<T>(plan, call, [&](const SortedLine<T>& line, std::int64_t) { FirstFew<T>(plan, line).run(); });
      }};
    }
    return with_entry<T>(plan.x.size, [&]<class Entry>(std::type_identity<Entry>) -> exec::PreparedKernel {
      return {[plan](const Call& call) { sort_lines<T, Entry>(plan, call); },
              space_for<Entry>(plan.x.outer * plan.x.inner, plan.x.size)};
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
  const Entry* sorted = sorted_entries<Entry>(static_cast<std::byte*>(call.workspace.data), n, {0, n},
                                              [x](std::int64_t j) { return Entry(key_of(x[j]), j); });
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
      return {[n](const Call& call) { unique<T, Entry>(n, call); }, space_for<Entry>(1, n)};
    });
  });
}

}  // namespace weft::kernels
