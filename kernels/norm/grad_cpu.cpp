// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/support/float_types.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 64;

// With xhat = (x - mean) rstd and n rows: dbias = sum dy, dweight = sum dy xhat,
//   dx = weight rstd (dy - dbias / n - xhat dweight / n). Sums are made in f64, block by block of rows.
template <class T>
class CpuBatchNormGrad {
  using A = Compute<T>;

 public:
  explicit CpuBatchNormGrad(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[1].shape, kGrain, kMaxBlocks)) {}

  std::size_t workspace() const { return static_cast<std::size_t>(2 * b_.blocks * b_.channels) * sizeof(double); }

  void operator()(const Call& call) const {
    auto* partial = static_cast<double*>(call.workspace.data);
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      double* bias = partial + 2 * block * b_.channels;
      block_sums(call, block, bias, bias + b_.channels);
    });
    for (std::int64_t i = 2 * b_.channels; i < 2 * b_.blocks * b_.channels; ++i) {
      partial[i % (2 * b_.channels)] += partial[i];
    }
    write(call.outputs[2], partial);
    write(call.outputs[1], partial + b_.channels);
    if (!call.outputs[0].data) return;
    parallel_chunks(b_.blocks, [&](std::int64_t block) { write_dx(call, block, partial, partial + b_.channels); });
  }

 private:
  static const T* rows(const Call& call, std::size_t input) { return static_cast<const T*>(call.inputs[input].data); }
  static const A* statistic(const Call& call, std::size_t input) {
    return static_cast<const A*>(call.inputs[input].data);
  }

  void block_sums(const Call& call, std::int64_t block, double* __restrict bias, double* __restrict weight) const {
    const A* __restrict mean = statistic(call, 3), * __restrict rstd = statistic(call, 4);
    std::fill(bias, bias + b_.channels, 0.0);
    std::fill(weight, weight + b_.channels, 0.0);
    for (std::int64_t i = b_.begin(block); i < b_.end(block); ++i) {
      const T* __restrict dy = rows(call, 0) + i * b_.channels, * __restrict x = rows(call, 1) + i * b_.channels;
      for (std::int64_t j = 0; j < b_.channels; ++j) {
        const A g = static_cast<A>(dy[j]), xhat = (static_cast<A>(x[j]) - mean[j]) * rstd[j];
        bias[j] += static_cast<double>(g);
        weight[j] += static_cast<double>(g) * static_cast<double>(xhat);
      }
    }
  }

  void write(const View& to, const double* sums) const {
    if (auto* out = static_cast<A*>(to.data)) {
      for (std::int64_t j = 0; j < b_.channels; ++j) out[j] = static_cast<A>(sums[j]);
    }
  }

  void write_dx(const Call& call, std::int64_t block, const double* __restrict bias,
                const double* __restrict weight_sums) const {
    const A* __restrict weight = statistic(call, 2), * __restrict mean = statistic(call, 3);
    const A* __restrict rstd = statistic(call, 4);
    const double per_row = 1 / static_cast<double>(std::max<std::int64_t>(1, b_.rows));
    for (std::int64_t i = b_.begin(block); i < b_.end(block); ++i) {
      const T* __restrict dy = rows(call, 0) + i * b_.channels, * __restrict x = rows(call, 1) + i * b_.channels;
      T* __restrict dx = static_cast<T*>(call.outputs[0].data) + i * b_.channels;
      for (std::int64_t j = 0; j < b_.channels; ++j) {
        const A xhat = (static_cast<A>(x[j]) - mean[j]) * rstd[j];
        const A centred = static_cast<A>(dy[j]) - static_cast<A>(bias[j] * per_row);
        dx[j] = static_cast<T>(weight[j] * rstd[j] * (centred - xhat * static_cast<A>(weight_sums[j] * per_row)));
      }
    }
  }

  ChannelBlocks b_;
};

}  // namespace

exec::PreparedKernel prepare_batch_norm_grad_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[1].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    const CpuBatchNormGrad<typename decltype(type)::type> kernel(request);
    return {kernel, kernel.workspace()};
  });
}

}  // namespace weft::kernels
