// SPDX-License-Identifier: Apache-2.0
#include "core/device/cuda/check.h"
#include "kernels/common/data_fault.cuh"
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/index/index.h"
#include "kernels/index/index_common.h"
#include "kernels/sort/cuda_sort.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

// Gathers n elements of (outer, count, inner).
template <class T>
__global__ void take_kernel(IndexPlan plan, const T* x, const void* index, T* out, DataFault* fault, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    const std::int64_t row = i / plan.x.inner;
    const std::int64_t at = index_at(index, plan.wide, row % plan.count);
    if (at >= 0 && at < plan.x.size) {
      out[i] = x[(row / plan.count * plan.x.size + at) * plan.x.inner + i % plan.x.inner];
    } else {
      out[i] = T{};
      raise_data_error(fault, plan.code, at, row % plan.count);
    }
  }
}

template <class T>
__global__ void gather_kernel(IndexPlan plan, const T* x, const void* index, T* out, DataFault* fault, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    const std::int64_t at = index_at(index, plan.wide, i);
    if (at >= 0 && at < plan.x.size) {
      const std::int64_t outer = i / (plan.count * plan.x.inner);
      out[i] = x[(outer * plan.x.size + at) * plan.x.inner + i % plan.x.inner];
    } else {
      out[i] = T{};
      raise_data_error(fault, plan.code, at, i);
    }
  }
}

// The key of every update: its destination, or one past the last destination for an index outside its axis.
// Destinations are rows of the axis for index_add, elements of x for scatter_add.
__global__ void add_keys_kernel(IndexPlan plan, bool elements, const void* index, Pairs pairs, DataFault* fault,
                                std::int64_t n) {
  const std::int64_t bad = elements ? plan.x.numel() : plan.x.size;
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    std::int64_t at = index_at(index, plan.wide, i);
    if (at < 0 || at >= plan.x.size) {
      raise_data_error(fault, plan.code, at, i);
      at = bad;
    } else if (elements) {
      const std::int64_t outer = i / (plan.count * plan.x.inner);
      at = (outer * plan.x.size + at) * plan.x.inner + i % plan.x.inner;
    }
    pairs.keys[i] = static_cast<std::uint64_t>(at);
    pairs.places[i] = i;
  }
}

// Sums without atomics. Updates of one destination stand together, in the order of the index, and the thread at the
// first one adds up all of them for one column. Cost: one thread walks the longest run of equal indices.
template <class T>
__global__ void add_runs_kernel(AxisSplit x, std::int64_t count, Pairs sorted, const T* updates, T* out) {
  const std::int64_t columns = x.outer * x.inner;
  for (std::int64_t i = first_element(); i < count * columns; i += element_stride()) {
    std::int64_t p = i / columns;
    const std::uint64_t key = sorted.keys[p];
    if (key >= static_cast<std::uint64_t>(x.size) || (p > 0 && sorted.keys[p - 1] == key)) continue;
    const std::int64_t outer = i % columns / x.inner, inner = i % columns % x.inner;
    T& element = out[(outer * x.size + static_cast<std::int64_t>(key)) * x.inner + inner];
    Sum<T> sum = static_cast<Sum<T>>(element);
    for (; p < count && sorted.keys[p] == key; ++p) {
      sum += static_cast<Sum<T>>(updates[(outer * count + sorted.places[p]) * x.inner + inner]);
    }
    element = static_cast<T>(sum);
  }
}

// Moves rows 16 bytes at a time if row length and addresses allow it.
bool rows_of_16(const IndexPlan& plan, std::size_t element_bytes, const Call& call) {
  const auto aligned = [](const void* address) { return reinterpret_cast<std::uintptr_t>(address) % 16 == 0; };
  return static_cast<std::size_t>(plan.x.inner) * element_bytes % 16 == 0 && aligned(call.inputs[0].data) &&
         aligned(call.outputs[0].data);
}

template <class T>
void launch_take(const IndexPlan& plan, const Call& call) {
  const std::int64_t n = plan.x.outer * plan.count * plan.x.inner;
  cuda::launch(take_kernel<T>, grid_for(n), dim3(kThreads), 0, call, plan, cuda::data<const T>(call.inputs[0]),
               call.inputs[1].data, cuda::data<T>(call.outputs[0]), call.fault, n);
}

void take(IndexPlan plan, std::size_t element_bytes, const Call& call) {
  if (rows_of_16(plan, element_bytes, call)) {
    plan.x.inner = plan.x.inner * static_cast<std::int64_t>(element_bytes) / 16;
    launch_take<uint4>(plan, call);
  } else {
    with_size(element_bytes, [&]<class T>(std::type_identity<T>) { launch_take<T>(plan, call); });
  }
}

// Gives x plus the updates, for both kinds of destinations; `elements` is as in add_keys_kernel.
exec::PreparedKernel prepare_add(const exec::KernelRequest& request, const IndexPlan& plan, bool elements) {
  expect_numbers(request);
  const std::int64_t n = request.inputs[1].shape.numel();
  const SortSpace space = SortSpace::plan(n, request.device.index());
  const AxisSplit rows = elements ? AxisSplit{1, plan.x.numel(), 1} : plan.x;
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {
        [plan, elements, n, space, rows](const Call& call) {
          T* out = cuda::data<T>(call.outputs[0]);
          const auto bytes = static_cast<std::size_t>(call.outputs[0].spec.bytes());
          if (bytes > 0 && call.inputs[0].data != out) {
            WEFT_CUDA(cudaMemcpyAsync(out, call.inputs[0].data, bytes, cudaMemcpyDeviceToDevice, cuda::stream(call)));
          }
          if (n == 0) return;
          const Pairs pairs = space.pairs(call, 0);
          cuda::launch(add_keys_kernel, grid_for(n), dim3(kThreads), 0, call, plan, elements, call.inputs[1].data,
                       pairs, call.fault, n);
          const Pairs sorted = sort_pairs(pairs, space.pairs(call, 1), n, bits_below(rows.size + 1),
                                          space.scratch(call), space.scratch_bytes, call);
          cuda::launch(add_runs_kernel<T>, grid_for(n * rows.outer * rows.inner), dim3(kThreads), 0, call, rows, n,
                       sorted, cuda::data<const T>(call.inputs[2]), out);
        },
        space.bytes()};
  });
}

}  // namespace

exec::PreparedKernel prepare_take_cuda(const exec::KernelRequest& request) {
  const std::size_t element_bytes = size_of(request.inputs[0].dtype);
  return {[plan = plan_whole_index(request), element_bytes](const Call& call) { take(plan, element_bytes, call); }};
}

exec::PreparedKernel prepare_take_reference_cuda(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_whole_index(request)](const Call& call) { launch_take<T>(plan, call); }};
  });
}

exec::PreparedKernel prepare_gather_cuda(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan = plan_along_axis(request), n](const Call& call) {
      cuda::launch(gather_kernel<T>, grid_for(n), dim3(kThreads), 0, call, plan, cuda::data<const T>(call.inputs[0]),
                   call.inputs[1].data, cuda::data<T>(call.outputs[0]), call.fault, n);
    }};
  });
}

exec::PreparedKernel prepare_index_add_cuda(const exec::KernelRequest& request) {
  return prepare_add(request, plan_whole_index(request), false);
}

exec::PreparedKernel prepare_scatter_add_cuda(const exec::KernelRequest& request) {
  return prepare_add(request, plan_along_axis(request), true);
}

}  // namespace weft::kernels
