// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "core/device/thread_pool.h"
#include "kernels/common/data_fault.h"
#include "kernels/common/dispatch.h"
#include "kernels/index/index.h"
#include "kernels/index/index_common.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kChunkElements = 1 << 14;  // per piece of work handed to a thread
constexpr std::int64_t kBlock = 256;              // columns summed at once, in L1

std::int64_t rows_per_chunk(std::int64_t row_elements) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, row_elements));
}

// (outer, count, inner) <- (outer, size, inner), row by row.
template <class T>
void take(const IndexPlan& plan, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t inner = plan.x.inner;
  parallel_for(plan.x.outer * plan.count, rows_per_chunk(inner), [&](std::int64_t begin, std::int64_t end) {
    std::int64_t outer = begin / plan.count, j = begin % plan.count;
    for (std::int64_t row = begin; row < end; ++row, ++j) {
      if (j == plan.count) ++outer, j = 0;
      const std::int64_t at = index_at(call.inputs[1].data, plan.wide, j);
      if (at >= 0 && at < plan.x.size) {
        const T* from = x + (outer * plan.x.size + at) * inner;
        if (inner == 1) {
          out[row] = *from;
        } else {
          std::copy_n(from, inner, out + row * inner);
        }
      } else {
        std::fill_n(out + row * inner, inner, T{0});
        raise_data_error(call.fault, plan.code, at, j);
      }
    }
  });
}

template <class T>
void gather(const IndexPlan& plan, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t inner = plan.x.inner;
  parallel_for(plan.x.outer * plan.count, rows_per_chunk(inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* from = x + row / plan.count * plan.x.size * inner;
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t at = index_at(call.inputs[1].data, plan.wide, row * inner + i);
        const bool good = at >= 0 && at < plan.x.size;
        out[row * inner + i] = good ? from[at * inner + i] : T{0};
        if (!good) raise_data_error(call.fault, plan.code, at, row * inner + i);
      }
    }
  });
}

// A counting sort: for every row of the axis the positions in the index that name the row, in order.
struct RowLists {
  std::int64_t* starts;     // size + 1
  std::int64_t* positions;  // count
};

RowLists lists_of(const IndexPlan& plan, const Call& call) {
  auto* starts = static_cast<std::int64_t*>(call.workspace.data);
  const RowLists lists{starts, starts + plan.x.size + 1};
  std::fill_n(starts, plan.x.size + 1, 0);
  const auto for_each_good = [&](auto&& body) {
    for (std::int64_t j = 0; j < plan.count; ++j) {
      const std::int64_t at = index_at(call.inputs[1].data, plan.wide, j);
      if (at >= 0 && at < plan.x.size) {
        body(at, j);
      } else {
        raise_data_error(call.fault, plan.code, at, j);
      }
    }
  };
  for_each_good([&](std::int64_t at, std::int64_t) { ++starts[at + 1]; });
  for (std::int64_t r = 0; r < plan.x.size; ++r) starts[r + 1] += starts[r];
  for_each_good([&](std::int64_t at, std::int64_t j) { lists.positions[starts[at]++] = j; });
  // Filling has moved every start to the next start.
  std::copy_backward(starts, starts + plan.x.size, starts + plan.x.size + 1);
  starts[0] = 0;
  return lists;
}

// One row of the result: x's row plus the listed rows of the updates.
template <class T>
void add_rows(T* out, const T* x, const T* updates, std::int64_t inner, const std::int64_t* begin,
              const std::int64_t* end) {
  Sum<T> sum[kBlock];
  for (std::int64_t column = 0; column < inner; column += kBlock) {
    const std::int64_t n = std::min(kBlock, inner - column);
    for (std::int64_t i = 0; i < n; ++i) sum[i] = static_cast<Sum<T>>(x[column + i]);
    for (const std::int64_t* place = begin; place != end; ++place) {
      const T* update = updates + *place * inner + column;
      for (std::int64_t i = 0; i < n; ++i) sum[i] += static_cast<Sum<T>>(update[i]);
    }
    for (std::int64_t i = 0; i < n; ++i) out[column + i] = static_cast<T>(sum[i]);
  }
}

template <class T>
void index_add(const IndexPlan& plan, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  const T* updates = static_cast<const T*>(call.inputs[2].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t inner = plan.x.inner;
  const RowLists lists = lists_of(plan, call);
  parallel_for(plan.x.outer * plan.x.size, rows_per_chunk(inner), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t at = row % plan.x.size;
      add_rows(out + row * inner, x + row * inner, updates + row / plan.x.size * plan.count * inner, inner,
               lists.positions + lists.starts[at], lists.positions + lists.starts[at + 1]);
    }
  });
}

// Half types add up in f32 in the workspace, other types in the output itself.
template <class T>
using Accumulator = std::conditional_t<sizeof(T) == 2, float, T>;

// Columns are independent. Within a column updates come in order, so one long column runs on one thread.
template <class T>
void scatter_add(const IndexPlan& plan, const Call& call) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  const T* updates = static_cast<const T*>(call.inputs[2].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  auto* sums = static_cast<Accumulator<T>*>(sizeof(T) == 2 ? call.workspace.data : call.outputs[0].data);
  const std::int64_t inner = plan.x.inner, size = plan.x.size;
  const std::int64_t blocks = (inner + kBlock - 1) / kBlock;
  const std::int64_t grain = rows_per_chunk(std::min(inner, kBlock) * (plan.count + size));
  parallel_for(plan.x.outer * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t outer = item / blocks, first = item % blocks * kBlock;
      const std::int64_t n = std::min(kBlock, inner - first);
      const std::int64_t base = outer * size * inner + first;
      for (std::int64_t r = 0; r < size; ++r) {
        for (std::int64_t i = 0; i < n; ++i) sums[base + r * inner + i] = Accumulator<T>(x[base + r * inner + i]);
      }
      for (std::int64_t j = 0; j < plan.count; ++j) {
        const std::int64_t from = (outer * plan.count + j) * inner + first;
        for (std::int64_t i = 0; i < n; ++i) {
          const std::int64_t at = index_at(call.inputs[1].data, plan.wide, from + i);
          if (at < 0 || at >= size) {
            raise_data_error(call.fault, plan.code, at, from + i);
            continue;
          }
          Accumulator<T>& sum = sums[base + at * inner + i];
          sum = static_cast<Accumulator<T>>(static_cast<Sum<T>>(sum) + static_cast<Sum<T>>(updates[from + i]));
        }
      }
      if constexpr (sizeof(T) == 2) {
        for (std::int64_t r = 0; r < size; ++r) {
          for (std::int64_t i = 0; i < n; ++i) out[base + r * inner + i] = T(sums[base + r * inner + i]);
        }
      }
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_take_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_whole_index(request)](const Call& call) { take<T>(plan, call); }};
  });
}

exec::PreparedKernel prepare_gather_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_along_axis(request)](const Call& call) { gather<T>(plan, call); }};
  });
}

exec::PreparedKernel prepare_index_add_cpu(const exec::KernelRequest& request) {
  expect_numbers(request);
  const IndexPlan plan = plan_whole_index(request);
  const auto lists = static_cast<std::size_t>(plan.x.size + 1 + plan.count);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan](const Call& call) { index_add<T>(plan, call); }, lists * sizeof(std::int64_t)};
  });
}

exec::PreparedKernel prepare_scatter_add_cpu(const exec::KernelRequest& request) {
  expect_numbers(request);
  const IndexPlan plan = plan_along_axis(request);
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    const std::size_t sums = sizeof(T) == 2 ? static_cast<std::size_t>(plan.x.numel()) * sizeof(float) : 0;
    return {[plan](const Call& call) { scatter_add<T>(plan, call); }, sums};
  });
}

}  // namespace weft::kernels
