// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/axis_split.h"
#include "kernels/common/float_types.h"
#include "kernels/rows/row_loops.h"
#include "kernels/rows/softmax.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 8 * 1024;  // elements that are worth a task: each costs an exponential

template <class T>
class CpuSoftmax {
 public:
  CpuSoftmax(const exec::KernelRequest& request, bool log)
      : a_(split_at(request.inputs[0].shape, request.attributes.integer("axis"))), loops_(softmax_loops<T>(log)) {}

  void operator()(const Call& call) const {
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* y = static_cast<T*>(call.outputs[0].data);
    if (a_.numel() == 0) return;
    if (a_.inner == 1) {
      parallel_for(a_.outer, grain(a_.size), [&](std::int64_t begin, std::int64_t end) {
        loops_.rows(x + begin * a_.size, y + begin * a_.size, end - begin, a_.size);
      });
      return;
    }
    constexpr std::int64_t kWidth = SoftmaxLoops<T>::kWidth;
    const std::int64_t blocks = (a_.inner + kWidth - 1) / kWidth;
    parallel_for(a_.outer * blocks, grain(a_.size * std::min(a_.inner, kWidth)),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t column = i % blocks * kWidth, at = i / blocks * a_.size * a_.inner + column;
                     loops_.columns(x + at, y + at, a_.size, a_.inner, std::min(kWidth, a_.inner - column));
                   }
                 });
  }

 private:
  // Tasks of this many elements that a thread takes at once.
  static std::int64_t grain(std::int64_t elements) { return std::max<std::int64_t>(1, kGrain / elements); }

  AxisSplit a_;
  SoftmaxLoops<T> loops_;
};

exec::PreparedKernel prepare(const exec::KernelRequest& request, bool log) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    return {CpuSoftmax<typename decltype(type)::type>(request, log)};
  });
}

}  // namespace

exec::PreparedKernel prepare_softmax_cpu(const exec::KernelRequest& request) { return prepare(request, false); }
exec::PreparedKernel prepare_log_softmax_cpu(const exec::KernelRequest& request) { return prepare(request, true); }

}  // namespace weft::kernels
