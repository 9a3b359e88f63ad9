// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/device/thread_pool.h"
#include "kernels/common/axis_split.h"
#include "kernels/common/float_types.h"
#include "kernels/rows/softmax.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 8 * 1024;  // elements that are worth a task: each costs an exponential
constexpr std::int64_t kTile = 64;         // columns that are worked on together if the axis is not the last one

// softmax: y = exp(x - m) / sum; log_softmax: y = x - m - log(sum); m is the largest x of the line.
template <class T, bool log>
class CpuSoftmax {
  using A = Compute<T>;

 public:
  explicit CpuSoftmax(const exec::KernelRequest& request)
      : a_(split_at(request.inputs[0].shape, request.attributes.integer("axis"))) {}

  void operator()(const Call& call) const {
    const auto* in = static_cast<const T*>(call.inputs[0].data);
    auto* out = static_cast<T*>(call.outputs[0].data);
    if (a_.outer * a_.size * a_.inner == 0) return;
    const std::int64_t tiles = (a_.inner + kTile - 1) / kTile;
    const std::int64_t work = a_.size * std::min(a_.inner, kTile);
    parallel_for(a_.outer * tiles, std::max<std::int64_t>(1, kGrain / work), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t column = i % tiles * kTile;
        const std::int64_t at = i / tiles * a_.size * a_.inner + column;
        lines(in + at, out + at, std::min(kTile, a_.inner - column));
      }
    });
  }

 private:
  // `width` neighboring lines along the axis.
  void lines(const T* in, T* out, std::int64_t width) const {
    A max[kTile];
    double sum[kTile];
    std::fill(max, max + width, -std::numeric_limits<A>::infinity());
    std::fill(sum, sum + width, 0.0);
    for (std::int64_t j = 0; j < a_.size; ++j) {
      for (std::int64_t k = 0; k < width; ++k) {
        const A x = static_cast<A>(in[j * a_.inner + k]);
        max[k] = x > max[k] ? x : max[k];
      }
    }
    for (std::int64_t j = 0; j < a_.size; ++j) {
      for (std::int64_t k = 0; k < width; ++k) sum[k] += std::exp(static_cast<A>(in[j * a_.inner + k]) - max[k]);
    }
    for (std::int64_t k = 0; k < width; ++k) sum[k] = log ? std::log(sum[k]) : 1 / sum[k];
    for (std::int64_t j = 0; j < a_.size; ++j) {
      for (std::int64_t k = 0; k < width; ++k) {
        const A x = static_cast<A>(in[j * a_.inner + k]) - max[k];
        out[j * a_.inner + k] = static_cast<T>(log ? x - static_cast<A>(sum[k]) : std::exp(x) * static_cast<A>(sum[k]));
      }
    }
  }

  AxisSplit a_;
};

template <bool log>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    return {CpuSoftmax<typename decltype(type)::type, log>(request)};
  });
}

}  // namespace

exec::PreparedKernel prepare_softmax_cpu(const exec::KernelRequest& request) { return prepare<false>(request); }
exec::PreparedKernel prepare_log_softmax_cpu(const exec::KernelRequest& request) { return prepare<true>(request); }

}  // namespace weft::kernels
