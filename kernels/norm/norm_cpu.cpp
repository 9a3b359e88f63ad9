// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/common/float_types.h"
#include "kernels/norm/channels.h"
#include "kernels/norm/lost.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 64;
constexpr std::int64_t kRows = 16;  // of a block at least: its sums are written and read again once

// Statistics in f64: sums over blocks of rows of the distances from the channel's first element.
template <class T>
class CpuStatistics {
  using A = Compute<T>;

 public:
  explicit CpuStatistics(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[0].shape, std::max(kGrain, kRows * request.inputs[0].shape[-1]), kMaxBlocks)),
        width_(b_.channels * repeats(b_.channels)),
        eps_(request.attributes.real("eps")),
        moments_(moments_loop<T>()) {}

  std::size_t workspace() const { return static_cast<std::size_t>((1 + 2 * b_.blocks) * width_) * sizeof(double); }

  void operator()(const Call& call) const {
    if (b_.channels == 0) return;
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* origin = static_cast<double*>(call.workspace.data);
    double* sums = origin + width_;
    for (std::int64_t j = 0; j < b_.channels; ++j) origin[j] = first(x, j);
    for (std::int64_t j = b_.channels; j < width_; ++j) origin[j] = origin[j - b_.channels];
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      double* sum = sums + 2 * block * width_;
      std::fill_n(sum, 2 * width_, 0.0);
      moments_(x + b_.begin(block) * b_.channels, (b_.end(block) - b_.begin(block)) * b_.channels, width_, origin, sum,
               sum + width_);
    });
    join(sums);
    write(call, origin, sums);
  }

 private:
  double first(const T* x, std::int64_t channel) const {
    return b_.rows ? static_cast<double>(static_cast<A>(x[channel])) : 0.0;
  }

  // Adds the sums of all blocks to those of the first, in order, and the repeats of a channel to its first.
  void join(double* sums) const {
    for (std::int64_t block = 1; block < b_.blocks; ++block) {
      const double* next = sums + 2 * block * width_;
      for (std::int64_t j = 0; j < 2 * width_; ++j) sums[j] += next[j];
    }
    for (double* of : {sums, sums + width_})
      for (std::int64_t j = b_.channels; j < width_; ++j) of[j % b_.channels] += of[j];
  }

  // Some channels at a time, one result after the other, so that divisions are vector code.
  void write(const Call& call, const double* origin, const double* sums) const {
    constexpr std::int64_t kTile = 64;
    const auto rows = static_cast<double>(std::max<std::int64_t>(1, b_.rows));
    for (std::int64_t begin = 0; begin < b_.channels; begin += kTile) {
      const std::int64_t n = std::min(kTile, b_.channels - begin);
      const double *from = origin + begin, *sum = sums + begin, *squares = sums + width_ + begin;
      const auto put = [&](std::size_t output, const auto& value) {
        auto* to = static_cast<A*>(call.outputs[output].data);
        for (std::int64_t j = 0; to != nullptr && j < n; ++j) to[begin + j] = static_cast<A>(value(j));
      };
      double distance[kTile], mean[kTile], variance[kTile];
      for (std::int64_t j = 0; j < n; ++j) {
        distance[j] = sum[j] / rows;
        mean[j] = from[j] + distance[j];
        const double square = squares[j] / rows - distance[j] * distance[j];
        variance[j] = square < 0 ? 0 : square;
      }
      put(0, [&](std::int64_t j) { return mean[j]; });
      put(1, [&](std::int64_t j) { return variance[j]; });
      put(2, [&](std::int64_t j) { return 1 / std::sqrt(variance[j] + eps_); });
      put(3, [&](std::int64_t j) {
        return mean[j] - static_cast<double>(static_cast<A>(mean[j])) + lost(from[j], distance[j], mean[j]);
      });
    }
  }

  ChannelBlocks b_;
  std::int64_t width_;
  double eps_;
  MomentsLoop<T> moments_;
};

}  // namespace

exec::PreparedKernel prepare_batch_norm_statistics_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    auto kernel = std::make_shared<const CpuStatistics<typename decltype(type)::type>>(request);
    return {[kernel](const Call& call) { (*kernel)(call); }, kernel->workspace()};
  });
}

}  // namespace weft::kernels
