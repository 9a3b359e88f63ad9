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

// Cuts (outer, count) into pieces; calls body(o, first, last) for the part of each line `o` within a piece.
template <class Body>
void for_each_part(std::int64_t outer, std::int64_t count, std::int64_t row_elements, const Body& body) {
  const std::int64_t grain = std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, row_elements));
  parallel_for(outer * count, grain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t o = begin / count, first = begin % count;
    for (std::int64_t left = end - begin; left > 0; ++o, first = 0) {
      const std::int64_t last = std::min(count, first + left);
      body(o, first, last);
      left -= last - first;
    }
  });
}

// Elements of one line: out[j] = from[index[j]], four at a time.
template <class T, class I>
[[gnu::always_inline]] inline void read_line(const IndexPlan& plan, DataFault* fault, const T* from, const I* index,
                                             std::int64_t first, std::int64_t last, T* out, std::int64_t position) {
  const std::int64_t size = plan.x.size;
  const auto read = [&](std::int64_t j) {
    const std::int64_t at = index[j];
    const bool inside = is_inside(at, size);
    out[j] = inside ? from[at] : T{0};
    if (!inside) raise_data_error(fault, plan.code, at, position + j);
  };
  std::int64_t j = first;
  for (; j + 4 <= last; j += 4) {
    const std::int64_t a = index[j], b = index[j + 1], c = index[j + 2], d = index[j + 3];
    if (is_inside(a, size) && is_inside(b, size) && is_inside(c, size) && is_inside(d, size)) [[likely]] {
      const T four[] = {from[a], from[b], from[c], from[d]};
      std::copy_n(four, 4, out + j);
    } else {
      for (std::int64_t k = j; k < j + 4; ++k) read(k);
    }
  }
  for (; j < last; ++j) read(j);
}

// (outer, count, inner) <- (outer, size, inner), row by row.
template <class T, class I>
void take(const IndexPlan& plan, const Call& call, const I* index) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t inner = plan.x.inner, size = plan.x.size, count = plan.count;
  for_each_part(plan.x.outer, count, inner, [=, &plan, &call](std::int64_t o, std::int64_t first, std::int64_t last) {
    const T* from = x + o * size * inner;
    T* to = out + o * count * inner;
    if (inner == 1) return read_line(plan, call.fault, from, index, first, last, to, 0);
    for (std::int64_t j = first; j < last; ++j) {
      const std::int64_t at = index[j];
      if (is_inside(at, size)) [[likely]] {
        copy_run(to + j * inner, from + at * inner, inner);
      } else {
        fill_run(to + j * inner, inner, T{0});
        raise_data_error(call.fault, plan.code, at, j);
      }
    }
  });
}

// Every element has an index of its own, which has the result's shape.
template <class T, class I>
void gather(const IndexPlan& plan, const Call& call, const I* index) {
  const T* x = static_cast<const T*>(call.inputs[0].data);
  T* out = static_cast<T*>(call.outputs[0].data);
  const std::int64_t inner = plan.x.inner, size = plan.x.size, count = plan.count;
  for_each_part(plan.x.outer, count, inner, [=, &plan, &call](std::int64_t o, std::int64_t first, std::int64_t last) {
    const std::int64_t line = o * count * inner;
    const T* from = x + o * size * inner;
    if (inner == 1) return read_line(plan, call.fault, from, index + line, first, last, out + line, line);
    for (std::int64_t row = line + first * inner; row < line + last * inner; row += inner) {
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t at = index[row + i];
        if (is_inside(at, size)) [[likely]] {
          out[row + i] = from[at * inner + i];
        } else {
          out[row + i] = T{0};
          raise_data_error(call.fault, plan.code, at, row + i);
        }
      }
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_take_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_whole_index(request)](const Call& call) {
      with_index(plan, call.inputs[1], [&](const auto* index) { take<T>(plan, call, index); });
    }};
  });
}

exec::PreparedKernel prepare_gather_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_along_axis(request)](const Call& call) {
      with_index(plan, call.inputs[1], [&](const auto* index) { gather<T>(plan, call, index); });
    }};
  });
}

}  // namespace weft::kernels
