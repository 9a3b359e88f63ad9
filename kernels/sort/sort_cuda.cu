// SPDX-License-Identifier: Apache-2.0
#include "core/device/cuda/check.h"
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/sort/cuda_sort.h"
#include "kernels/sort/key.h"
#include "kernels/sort/sort.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

// Lines lie one behind the other: place = line * size + position in the line.
__device__ std::int64_t source_of(const AxisSplit& x, std::int64_t place) {
  const std::int64_t line = place / x.size;
  return (line / x.inner * x.size + place % x.size) * x.inner + line % x.inner;
}

template <class T>
__global__ void sort_keys_kernel(SortPlan plan, const T* x, Pairs pairs, std::int64_t n) {
  for (std::int64_t place = first_element(); place < n; place += element_stride()) {
    pairs.keys[place] = ordered_key(x[source_of(plan.x, place)], plan.descending);
    pairs.places[place] = place;
  }
}

__global__ void line_keys_kernel(std::int64_t size, Pairs pairs, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    pairs.keys[i] = static_cast<std::uint64_t>(pairs.places[i] / size);
  }
}

// T is an unsigned type of the element's size. The wanted ranks of every sorted line go out.
template <class T>
__global__ void sorted_kernel(SortPlan plan, const T* x, const std::int64_t* places, T* values, std::int64_t* indices,
                              std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    const std::int64_t line = i / plan.x.size, rank = i % plan.x.size - plan.first;
    if (rank < 0 || rank >= plan.keep) continue;
    const std::int64_t to = (line / plan.x.inner * plan.keep + rank) * plan.x.inner + line % plan.x.inner;
    if (values != nullptr) values[to] = x[source_of(plan.x, places[i])];
    if (indices != nullptr) indices[to] = places[i] % plan.x.size;
  }
}

// Sorts everything by value, then by line. The second sort is stable, so the order within lines stays.
Pairs sort_lines(const SortPlan& plan, DType dtype, const SortSpace& space, const Call& call) {
  const std::int64_t n = space.n, lines = plan.x.outer * plan.x.inner;
  Pairs pairs = space.pairs(call, 0), spare = space.pairs(call, 1);
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    cuda::launch(sort_keys_kernel<T>, grid_for(n), dim3(kThreads), 0, call, plan, cuda::data<const T>(call.inputs[0]),
                 pairs, n);
  });
  const auto sort = [&](int bits) {
    const Pairs sorted = sort_pairs(pairs, spare, n, bits, space.scratch(call), space.scratch_bytes, call);
    if (sorted.keys != pairs.keys) std::swap(pairs, spare);
  };
  sort(static_cast<int>(8 * size_of(dtype)));
  if (lines > 1) {
    cuda::launch(line_keys_kernel, grid_for(n), dim3(kThreads), 0, call, plan.x.size, pairs, n);
    sort(bits_below(lines));
  }
  return pairs;
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  const DType dtype = request.inputs[0].dtype;
  const SortSpace space = SortSpace::plan(plan.x.numel(), request.device.index());
  if (space.n == 0) return {[](const Call&) {}};
  return {[plan, dtype, space](const Call& call) {
            const Pairs sorted = sort_lines(plan, dtype, space, call);
            with_size(size_of(dtype), [&]<class T>(std::type_identity<T>) {
              cuda::launch(sorted_kernel<T>, grid_for(space.n), dim3(kThreads), 0, call, plan,
                           cuda::data<const T>(call.inputs[0]), sorted.places, cuda::data<T>(call.outputs[0]),
                           cuda::data<std::int64_t>(call.outputs[1]), space.n);
            });
          },
          space.bytes()};
}

// groups[i] counts the values up to i. Writes what belongs to single places, and first[g], where group g starts.
template <class T>
__global__ void unique_kernel(const T* x, Pairs sorted, const std::int64_t* groups, std::int64_t* first, T* values,
                              std::int64_t* inverse, std::int64_t* number, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    const std::int64_t group = groups[i] - 1;
    if (i == 0 || sorted.keys[i] != sorted.keys[i - 1]) {
      first[group] = i;
      if (values != nullptr) values[group] = x[sorted.places[i]];
    }
    if (inverse != nullptr) inverse[sorted.places[i]] = group;
    if (number != nullptr && i == n - 1) *number = group + 1;
  }
}

__global__ void unique_counts_kernel(const std::int64_t* first, const std::int64_t* groups, std::int64_t* counts,
                                     std::int64_t n) {
  const std::int64_t number = groups[n - 1];
  for (std::int64_t g = first_element(); g < n; g += element_stride()) {
    counts[g] = g >= number ? 0 : (g + 1 < number ? first[g + 1] : n) - first[g];
  }
}

void clear(const View& view, const Call& call) {
  const auto bytes = static_cast<std::size_t>(view.spec.bytes());
  if (view.data != nullptr && bytes > 0) WEFT_CUDA(cudaMemsetAsync(view.data, 0, bytes, cuda::stream(call)));
}

void unique(DType dtype, const SortSpace& space, const Call& call) {
  const std::int64_t n = space.n;
  const Pairs pairs = space.pairs(call, 0), more = space.pairs(call, 1);
  auto* groups = reinterpret_cast<std::int64_t*>(more.keys);
  std::int64_t* first = more.places;
  const dim3 grid = grid_for(n), block(kThreads);
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    const SortPlan plan{{1, n, 1}, 0, n, false};
    cuda::launch(sort_keys_kernel<T>, grid, block, 0, call, plan, cuda::data<const T>(call.inputs[0]), pairs, n);
  });
  group_pairs(pairs, groups, n, space.scratch(call), space.scratch_bytes, call);
  clear(call.outputs[0], call);
  with_size(size_of(dtype), [&]<class T>(std::type_identity<T>) {
    cuda::launch(unique_kernel<T>, grid, block, 0, call, cuda::data<const T>(call.inputs[0]), pairs, groups, first,
                 cuda::data<T>(call.outputs[0]), cuda::data<std::int64_t>(call.outputs[1]),
                 cuda::data<std::int64_t>(call.outputs[3]), n);
  });
  if (call.outputs[2].data != nullptr) {
    cuda::launch(unique_counts_kernel, grid, block, 0, call, first, groups, cuda::data<std::int64_t>(call.outputs[2]),
                 n);
  }
}

}  // namespace

exec::PreparedKernel prepare_sort_cuda(const exec::KernelRequest& request) {
  return prepare_lines(request, sort_plan(request));
}

exec::PreparedKernel prepare_topk_cuda(const exec::KernelRequest& request) {
  return prepare_lines(request, topk_plan(request));
}

exec::PreparedKernel prepare_unique_cuda(const exec::KernelRequest& request) {
  const std::int64_t n = request.inputs[0].shape.numel();
  if (n == 0) return {[](const Call& call) { clear(call.outputs[3], call); }};
  const SortSpace space = SortSpace::plan_groups(n, request.device.index());
  return {[dtype = request.inputs[0].dtype, space](const Call& call) { unique(dtype, space, call); }, space.bytes()};
}

}  // namespace weft::kernels
