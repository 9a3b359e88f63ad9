// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/sort/reference.h"
#include "kernels/sort/sort.h"

namespace weft::kernels {

namespace {

// Calls body(line) for every line along the axis.
template <class Body>
void for_each_line(const AxisSplit& split, const Body& body) {
  parallel_for(split.outer * split.inner, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) body(line);
  });
}

template <class T>
T* data(const View& view) {
  return static_cast<T*>(view.data);
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan](const Call& call) {
      for_each_line(plan.x, [&](std::int64_t line) {
        sort_line(plan, data<const T>(call.inputs[0]), data<T>(call.outputs[0]), data<std::int64_t>(call.outputs[1]),
                  line);
      });
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_sort_reference_cpu(const exec::KernelRequest& request) {
  return prepare_lines(request, sort_plan(request));
}

exec::PreparedKernel prepare_topk_reference_cpu(const exec::KernelRequest& request) {
  return prepare_lines(request, topk_plan(request));
}

exec::PreparedKernel prepare_unique_reference_cpu(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n = request.inputs[0].shape.numel()](const Call& call) {
      unique_values<T>(data<const T>(call.inputs[0]), n,
                       {data<T>(call.outputs[0]), data<std::int64_t>(call.outputs[1]),
                        data<std::int64_t>(call.outputs[2]), data<std::int64_t>(call.outputs[3])});
    }};
  });
}

exec::PreparedKernel prepare_cumsum_reference_cpu(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool reverse = request.attributes.boolean("reverse");
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[split, reverse](const Call& call) {
      for_each_line(split, [&](std::int64_t line) {
        cumsum_line(split, reverse, data<const T>(call.inputs[0]), data<T>(call.outputs[0]), line);
      });
    }};
  });
}

}  // namespace weft::kernels
