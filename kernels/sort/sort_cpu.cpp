// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/sort/key.h"
#include "kernels/sort/running_sum.h"
#include "kernels/sort/sort.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkElements = 1 << 13;  // per piece of work handed to a thread

std::int64_t lines_per_chunk(std::int64_t line) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, line));
}

// Orders by key, then by position: a stable sort without the memory that std::stable_sort takes.
struct Entry {
  std::uint64_t key;
  std::int64_t place;
  bool operator<(const Entry& other) const { return key != other.key ? key < other.key : place < other.place; }
};

template <class T>
void sort_lines(const SortPlan& plan, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* values = static_cast<T*>(call.outputs[0].data);
  auto* indices = static_cast<std::int64_t*>(call.outputs[1].data);
  auto* entries = static_cast<Entry*>(call.workspace.data);
  const std::int64_t size = plan.x.size, inner = plan.x.inner;
  if (size == 0) return;  // the pointers are null
  parallel_for(plan.x.outer * inner, lines_per_chunk(size), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t line = first; line < last; ++line) {
      Entry* begin = entries + line * size;
      const T* from = x + line / inner * size * inner + line % inner;
      const std::int64_t to = line / inner * plan.keep * inner + line % inner;
      for (std::int64_t j = 0; j < size; ++j) begin[j] = {ordered_key(from[j * inner], plan.descending), j};
      if (plan.keep == size) {
        std::sort(begin, begin + size);
      } else {
        std::partial_sort(begin, begin + plan.keep, begin + size);
      }
      for (std::int64_t j = 0; j < plan.keep; ++j) {
        if (values) values[to + j * inner] = from[begin[j].place * inner];
        if (indices) indices[to + j * inner] = begin[j].place;
      }
    }
  });
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  const auto workspace = static_cast<std::size_t>(plan.x.numel()) * sizeof(Entry);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan](const Call& call) { sort_lines<T>(plan, call); }, workspace};
  });
}

template <class T>
void unique(std::int64_t n, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* values = static_cast<T*>(call.outputs[0].data);
  auto* inverse = static_cast<std::int64_t*>(call.outputs[1].data);
  auto* counts = static_cast<std::int64_t*>(call.outputs[2].data);
  auto* number = static_cast<std::int64_t*>(call.outputs[3].data);
  auto* entries = static_cast<Entry*>(call.workspace.data);
  for (std::int64_t j = 0; j < n; ++j) entries[j] = {key_of(x[j]), j};
  std::sort(entries, entries + n);
  if (values) std::fill_n(values, n, T{0});
  if (counts) std::fill_n(counts, n, 0);
  std::int64_t group = -1;
  for (std::int64_t j = 0; j < n; ++j) {
    if (j == 0 || entries[j].key != entries[j - 1].key) {
      ++group;
      if (values) values[group] = x[entries[j].place];
    }
    if (inverse) inverse[entries[j].place] = group;
    if (counts) ++counts[group];
  }
  if (number) *number = group + 1;
}

constexpr std::int64_t kColumns = 64;  // lines walked together, so that a cache line is read once

template <class T>
void cumsum(const AxisSplit& split, bool reverse, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t size = split.size, inner = split.inner;
  const std::int64_t blocks = (inner + kColumns - 1) / kColumns;
  const std::int64_t grain = lines_per_chunk(size * std::min(inner, kColumns));
  parallel_for(split.outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t first = item % blocks * kColumns, n = std::min(kColumns, inner - first);
      const std::int64_t base = item / blocks * size * inner + first;
      RunningSum<T> sum[kColumns] = {};
      for (std::int64_t j = 0; j < size; ++j) {
        const std::int64_t row = base + (reverse ? size - 1 - j : j) * inner;
        for (std::int64_t i = 0; i < n; ++i) out[row + i] = to_element<T>(sum[i] += to_sum(x[row + i]));
      }
    }
  });
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
    return {[n](const Call& call) { unique<T>(n, call); }, static_cast<std::size_t>(n) * sizeof(Entry)};
  });
}

exec::PreparedKernel prepare_cumsum_cpu(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool reverse = request.attributes.boolean("reverse");
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[split, reverse](const Call& call) { cumsum<T>(split, reverse, call); }};
  });
}

}  // namespace weft::kernels
