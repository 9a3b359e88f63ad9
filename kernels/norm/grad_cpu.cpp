// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/norm/channels.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/support/float_types.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 64;

// With n rows: dbias = sum dy, dweight = rstd sum dy (x - mean),
//   dx = weight rstd (dy - dbias / n - (x - mean) rstd dweight / n). Sums are made in f64, block by block of rows.
template <class T>
class CpuBatchNormGrad {
  using A = Compute<T>;

 public:
  explicit CpuBatchNormGrad(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[1].shape, kGrain, kMaxBlocks)),
        width_(b_.channels * repeats(b_.channels)),
        loops_(channel_loops<T>()) {}

  std::size_t workspace() const {
    return static_cast<std::size_t>(2 * b_.blocks * width_) * sizeof(double) +
           static_cast<std::size_t>(4 * width_) * sizeof(A);
  }

  void operator()(const Call& call) const {
    if (b_.channels == 0) return;
    const auto* dy = static_cast<const T*>(call.inputs[0].data);
    const auto* x = static_cast<const T*>(call.inputs[1].data);
    auto* dx = static_cast<T*>(call.outputs[0].data);
    auto* sums = static_cast<double*>(call.workspace.data);
    auto* at = reinterpret_cast<A*>(sums + 2 * b_.blocks * width_);
    const ChannelGradient<A> map{at, at + width_, at + 2 * width_, at + 3 * width_};
    const auto* mean = static_cast<const A*>(call.inputs[3].data);
    for (std::int64_t j = 0; j < width_; ++j) map.mean[j] = mean[j % b_.channels];
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      double* sum = sums + 2 * block * width_;
      std::fill_n(sum, 2 * width_, 0.0);
      loops_.products(dy + first(block), x + first(block), count(block), width_, map.mean, sum, sum + width_);
    });
    write_sums(call, sums, map);
    if (!dx) return;
    // The last blocks have been read last and may still be in a cache.
    parallel_chunks(b_.blocks, [&](std::int64_t i) {
      const std::int64_t block = b_.blocks - 1 - i;
      loops_.gradient(dy + first(block), x + first(block), count(block), width_, map, dx + first(block));
    });
  }

 private:
  std::int64_t first(std::int64_t block) const { return b_.begin(block) * b_.channels; }
  std::int64_t count(std::int64_t block) const { return (b_.end(block) - b_.begin(block)) * b_.channels; }

  // The sum over blocks and repeats of one channel.
  double total(const double* sums, std::int64_t channel) const {
    double sum = 0;
    for (std::int64_t block = 0; block < b_.blocks; ++block)
      for (std::int64_t j = channel; j < width_; j += b_.channels) sum += sums[2 * block * width_ + j];
    return sum;
  }

  void write_sums(const Call& call, const double* sums, const ChannelGradient<A>& map) const {
    const auto* weight = static_cast<const A*>(call.inputs[2].data);
    const auto* rstds = static_cast<const A*>(call.inputs[4].data);
    auto* dweight = static_cast<A*>(call.outputs[1].data);
    auto* dbias = static_cast<A*>(call.outputs[2].data);
    const double per_row = 1 / static_cast<double>(std::max<std::int64_t>(1, b_.rows));
    for (std::int64_t channel = 0; channel < b_.channels; ++channel) {
      const double rstd = static_cast<double>(rstds[channel]), by_bias = total(sums, channel);
      const double by_weight = rstd * total(sums + width_, channel);
      if (dweight) dweight[channel] = static_cast<A>(by_weight);
      if (dbias) dbias[channel] = static_cast<A>(by_bias);
      for (std::int64_t j = channel; j < width_; j += b_.channels) {
        map.scale[j] = weight[channel] * rstds[channel];
        map.shift[j] = static_cast<A>(by_bias * per_row);
        map.slope[j] = static_cast<A>(rstd * by_weight * per_row);
      }
    }
  }

  ChannelBlocks b_;
  std::int64_t width_;
  ChannelLoops<T> loops_;
};

}  // namespace

exec::PreparedKernel prepare_batch_norm_grad_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[1].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    auto kernel = std::make_shared<const CpuBatchNormGrad<typename decltype(type)::type>>(request);
    return {[kernel](const Call& call) { (*kernel)(call); }, kernel->workspace()};
  });
}

}  // namespace weft::kernels
