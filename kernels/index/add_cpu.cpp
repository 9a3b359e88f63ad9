// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <type_traits>

#include "core/device/thread_pool.h"
#include "kernels/common/copy_run.h"
#include "kernels/common/data_fault.h"
#include "kernels/common/dispatch.h"
#include "kernels/index/index.h"
#include "kernels/index/typed_index.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkElements = 1 << 14;  // per piece of work handed to a thread
constexpr std::int64_t kBlock = 256;              // columns that are walked together, in L1
constexpr std::int64_t kTogether = 32;            // columns summed in registers
constexpr std::int64_t kFewColumns = 16;          // with fewer, lists of rows cost more than the additions

std::int64_t items_per_chunk(std::int64_t elements) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, elements));
}

// Half types add up in f32 in the workspace, other types in the output itself.
template <class T>
using Accumulator = std::conditional_t<sizeof(T) == 2, float, T>;

template <class T>
Accumulator<T> plus(Accumulator<T> sum, T update) {
  return static_cast<Accumulator<T>>(static_cast<Sum<T>>(sum) + static_cast<Sum<T>>(update));
}

template <class T>
std::size_t bytes_of_sums(const IndexPlan& plan) {
  return sizeof(T) == 2 ? static_cast<std::size_t>(plan.x.numel()) * sizeof(float) : 0;
}

// Operands as the loops see them.
template <class T, class I>
struct Adding {
  Adding(const IndexPlan& plan, const Call& call, const I* given)
      : inner(plan.x.inner),
        size(plan.x.size),
        count(plan.count),
        index(given),
        x(static_cast<const T*>(call.inputs[0].data)),
        updates(static_cast<const T*>(call.inputs[2].data)),
        out(static_cast<T*>(call.outputs[0].data)),
        sums(static_cast<Accumulator<T>*>(sizeof(T) == 2 ? call.workspace.data : call.outputs[0].data)),
        fault(call.fault),
        code(plan.code) {}

  std::int64_t inner, size, count;
  const I* index;
  const T *x, *updates;
  T* out;
  Accumulator<T>* sums;
  DataFault* fault;
  std::int32_t code;

  bool takes(std::int64_t at, std::int64_t position) const {
    if (is_inside(at, size)) [[likely]]
      return true;
    raise_data_error(fault, code, at, position);
    return false;
  }
};

// Calls add(outer, first column, columns) for every block of columns, between reading x and rounding the sums.
template <class T, class I, class Add>
void by_columns(const Adding<T, I>& a, std::int64_t outer, const Add& add) {
  const std::int64_t blocks = (a.inner + kBlock - 1) / kBlock;
  const auto add_items = [&](std::int64_t begin, std::int64_t end) {
    std::int64_t o = begin / blocks, first = begin % blocks * kBlock;
    for (std::int64_t item = begin; item < end; ++item) {
      add(o, first, std::min(kBlock, a.inner - first));
      first += kBlock;
      if (first >= a.inner) ++o, first = 0;
    }
  };
  const auto for_each_run = [&](std::int64_t begin, std::int64_t end, const auto& run) {
    if (blocks == 1) return run(begin * a.size * a.inner, (end - begin) * a.size * a.inner);
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t first = item % blocks * kBlock;
      for (std::int64_t row = item / blocks * a.size; row < (item / blocks + 1) * a.size; ++row)
        run(row * a.inner + first, std::min(kBlock, a.inner - first));
    }
  };
  const std::int64_t grain = items_per_chunk(std::min(a.inner, kBlock) * (a.count + a.size));
  parallel_for(outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for_each_run(begin, end, [&](std::int64_t at, std::int64_t n) {
      if constexpr (std::is_same_v<T, Accumulator<T>>) {
        copy_run(a.sums + at, a.x + at, n);
      } else {
        for (std::int64_t i = at; i < at + n; ++i) a.sums[i] = Accumulator<T>(a.x[i]);
      }
    });
    add_items(begin, end);
    if constexpr (!std::is_same_v<T, Accumulator<T>>) {
      for_each_run(begin, end, [&](std::int64_t at, std::int64_t n) {
        for (std::int64_t i = at; i < at + n; ++i) a.out[i] = T(a.sums[i]);
      });
    }
  });
}

// sums[index[j]] += updates[j] along one line, four at a time.
template <class T, class I>
[[gnu::always_inline]] inline void add_line(const Adding<T, I>& a, std::int64_t outer, const I* index,
                                            std::int64_t position) {
  Accumulator<T>* sums = a.sums + outer * a.size;
  const T* updates = a.updates + outer * a.count;
  const std::int64_t count = a.count, size = a.size;
  const auto add = [&](std::int64_t j) {
    if (a.takes(index[j], position + j)) sums[index[j]] = plus<T>(sums[index[j]], updates[j]);
  };
  std::int64_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const std::int64_t at[] = {index[j], index[j + 1], index[j + 2], index[j + 3]};
    if (is_inside(at[0], size) && is_inside(at[1], size) && is_inside(at[2], size) && is_inside(at[3], size))
        [[likely]] {
      for (int k = 0; k < 4; ++k) sums[at[k]] = plus<T>(sums[at[k]], updates[j + k]);
    } else {
      for (std::int64_t k = j; k < j + 4; ++k) add(k);
    }
  }
  for (; j < count; ++j) add(j);
}

// Columns are independent. Within a column updates come in order, so one long column runs on one thread.
template <class T, class I>
void scatter_add(const IndexPlan& plan, const Call& call, const I* index) {
  const Adding<T, I> a(plan, call, index);
  by_columns(a, plan.x.outer, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
    if (a.inner == 1) return add_line(a, outer, a.index + outer * a.count, outer * a.count);
    Accumulator<T>* sums = a.sums + outer * a.size * a.inner + first;
    for (std::int64_t j = 0; j < a.count; ++j) {
      const std::int64_t from = (outer * a.count + j) * a.inner + first;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t at = a.index[from + i];
        if (!a.takes(at, from + i)) continue;
        Accumulator<T>& sum = sums[at * a.inner + i];
        sum = plus<T>(sum, a.updates[from + i]);
      }
    }
  });
}

// index_add of short rows: each update is added where it belongs, in order.
template <class T, class I>
void add_short_rows(const IndexPlan& plan, const Call& call, const I* index) {
  const Adding<T, I> a(plan, call, index);
  by_columns(a, plan.x.outer, [&](std::int64_t outer, std::int64_t, std::int64_t) {
    if (a.inner == 1) return add_line(a, outer, a.index, 0);
    Accumulator<T>* sums = a.sums + outer * a.size * a.inner;
    const T* update = a.updates + outer * a.count * a.inner;
    for (std::int64_t j = 0; j < a.count; ++j, update += a.inner) {
      const std::int64_t at = a.index[j];
      if (!a.takes(at, j)) continue;
      Accumulator<T>* sum = sums + at * a.inner;
      for (std::int64_t i = 0; i < a.inner; ++i) sum[i] = plus<T>(sum[i], update[i]);
    }
  });
}

// A counting sort: for every row of the axis the positions in the index that name the row, in order.
struct RowLists {
  std::int64_t* starts;     // size + 1
  std::int64_t* positions;  // count
};

template <class T, class I>
RowLists lists_of(const Adding<T, I>& a, void* workspace) {
  auto* starts = static_cast<std::int64_t*>(workspace);
  const RowLists lists{starts, starts + a.size + 1};
  std::fill_n(starts, a.size + 1, 0);
  for (std::int64_t j = 0; j < a.count; ++j)
    if (const std::int64_t at = a.index[j]; a.takes(at, j)) ++starts[at + 1];
  for (std::int64_t r = 0, sum = 0; r < a.size; ++r) starts[r + 1] = sum += starts[r + 1];
  for (std::int64_t j = 0; j < a.count; ++j)
    if (const std::int64_t at = a.index[j]; is_inside(at, a.size)) lists.positions[starts[at]++] = j;
  // Filling has moved every start to the next start.
  std::copy_backward(starts, starts + a.size, starts + a.size + 1);
  starts[0] = 0;
  return lists;
}

// n elements of a row of the result: x's plus those of the listed rows of the updates. A constant n keeps the sums in
// registers.
template <class T>
[[gnu::always_inline]] inline void add_some(T* out, const T* x, const T* updates, std::int64_t inner,
                                            const std::int64_t* begin, const std::int64_t* end, std::int64_t n) {
  Sum<T> sum[kTogether];
  for (std::int64_t i = 0; i < n; ++i) sum[i] = static_cast<Sum<T>>(x[i]);
  for (const std::int64_t* place = begin; place != end; ++place) {
    const T* update = updates + *place * inner;
    for (std::int64_t i = 0; i < n; ++i) sum[i] += static_cast<Sum<T>>(update[i]);
  }
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(sum[i]);
}

template <class T>
void add_rows(T* out, const T* x, const T* updates, std::int64_t inner, const std::int64_t* begin,
              const std::int64_t* end) {
  if (begin == end) return copy_run(out, x, inner);
  std::int64_t i = 0;
  for (; i + kTogether <= inner; i += kTogether) add_some(out + i, x + i, updates + i, inner, begin, end, kTogether);
  if (i < inner) add_some(out + i, x + i, updates + i, inner, begin, end, inner - i);
}

// index_add of long rows: each row of the result is written once.
template <class T, class I>
void add_long_rows(const IndexPlan& plan, const Call& call, const I* index) {
  const Adding<T, I> a(plan, call, index);
  const RowLists lists = lists_of(a, call.workspace.data);
  parallel_for(plan.x.outer * a.size, items_per_chunk(a.inner), [&](std::int64_t begin, std::int64_t end) {
    std::int64_t o = begin / a.size, at = begin % a.size;
    for (std::int64_t row = begin; row < end; ++row) {
      add_rows(a.out + row * a.inner, a.x + row * a.inner, a.updates + o * a.count * a.inner, a.inner,
               lists.positions + lists.starts[at], lists.positions + lists.starts[at + 1]);
      if (++at == a.size) ++o, at = 0;
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_index_add_cpu(const exec::KernelRequest& request) {
  expect_numbers(request);
  const IndexPlan plan = plan_whole_index(request);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    if (plan.x.inner < kFewColumns) {
      return {[plan](const Call& call) {
                with_index(plan, call.inputs[1], [&](const auto* index) { add_short_rows<T>(plan, call, index); });
              },
              bytes_of_sums<T>(plan)};
    }
    return {[plan](const Call& call) {
              with_index(plan, call.inputs[1], [&](const auto* index) { add_long_rows<T>(plan, call, index); });
            },
            static_cast<std::size_t>(plan.x.size + 1 + plan.count) * sizeof(std::int64_t)};
  });
}

exec::PreparedKernel prepare_scatter_add_cpu(const exec::KernelRequest& request) {
  expect_numbers(request);
  const IndexPlan plan = plan_along_axis(request);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan](const Call& call) {
              with_index(plan, call.inputs[1], [&](const auto* index) { scatter_add<T>(plan, call, index); });
            },
            bytes_of_sums<T>(plan)};
  });
}

}  // namespace weft::kernels
