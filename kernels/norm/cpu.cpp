// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/device/thread_pool.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/support/float_types.h"
#include "kernels/support/in_turn.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 64;

// The affine map of one channel, y = ((x - origin) - mean) * scale + bias. In training the origin is the channel's
// first element and the mean is counted from there: with values around 1e6 that deviate by 1, an f32 mean counted from
// zero would put y off by several hundredths.
template <class A>
struct ChannelMaps {
  A *origin, *mean, *scale, *bias;  // (c) each

  static std::size_t bytes(std::int64_t channels) { return static_cast<std::size_t>(4 * channels) * sizeof(A); }
  ChannelMaps(void* space, std::int64_t channels)
      : origin(static_cast<A*>(space)), mean(origin + channels), scale(mean + channels), bias(scale + channels) {}

  void set(std::int64_t j, A from, double mean_from, double rstd, A weight, A shift) {
    origin[j] = from;
    mean[j] = static_cast<A>(mean_from);
    scale[j] = static_cast<A>(rstd * static_cast<double>(weight));
    bias[j] = shift;
  }
};

template <class T>
void apply(const ChannelBlocks& b, const ChannelMaps<Compute<T>>& map, const T* in, T* out) {
  using A = Compute<T>;
  const A* __restrict origin = map.origin;
  const A* __restrict mean = map.mean;
  const A* __restrict scale = map.scale;
  const A* __restrict bias = map.bias;
  parallel_chunks(b.blocks, [&](std::int64_t block) {
    for (std::int64_t i = b.begin(block); i < b.end(block); ++i) {
      const T* __restrict x = in + i * b.channels;
      T* __restrict y = out + i * b.channels;
      for (std::int64_t j = 0; j < b.channels; ++j) {
        y[j] = static_cast<T>(((static_cast<A>(x[j]) - origin[j]) - mean[j]) * scale[j] + bias[j]);
      }
    }
  });
}

// Statistics are made in f64 by Welford's recurrence, one running mean per channel and block, counted from the origin.
template <class T>
class CpuBatchNorm {
  using A = Compute<T>;

 public:
  explicit CpuBatchNorm(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks)), eps_(request.attributes.real("eps")) {}

  std::size_t workspace() const { return moments() * sizeof(double) + ChannelMaps<A>::bytes(b_.channels); }

  void operator()(const Call& call) const {
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* partial = static_cast<double*>(call.workspace.data);
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      double* mean = partial + 2 * block * b_.channels;
      block_moments(x, b_.begin(block), b_.end(block), mean, mean + b_.channels);
    });
    join(partial);
    ChannelMaps<A> map(partial + moments(), b_.channels);
    write_statistics(call, x, partial, map);
    if (call.outputs[0].data) apply(b_, map, x, static_cast<T*>(call.outputs[0].data));
  }

 private:
  std::size_t moments() const { return static_cast<std::size_t>(2 * b_.blocks * b_.channels); }

  void block_moments(const T* __restrict in, std::int64_t begin, std::int64_t end, double* __restrict mean,
                     double* __restrict squares) const {
    std::fill(mean, mean + b_.channels, 0.0);
    std::fill(squares, squares + b_.channels, 0.0);
    for (std::int64_t i = begin; i < end; ++i) {
      const T* __restrict x = in + i * b_.channels;
      const double share = 1.0 / static_cast<double>(i - begin + 1);
      for (std::int64_t j = 0; j < b_.channels; ++j) {
        const double value = static_cast<double>(static_cast<A>(x[j])) - static_cast<double>(static_cast<A>(in[j]));
        const double distance = value - mean[j];
        mean[j] += distance * share;
        squares[j] += distance * (value - mean[j]);
      }
    }
  }

  // Joins the blocks' moments into those of block 0 (Chan, Golub and LeVeque 1979).
  void join(double* partial) const {
    double *mean = partial, *squares = partial + b_.channels;
    for (std::int64_t block = 1; block < b_.blocks; ++block) {
      const double* next = partial + 2 * block * b_.channels;
      const auto before = static_cast<double>(b_.begin(block)), more = static_cast<double>(b_.end(block)) - before;
      const double share = more / (before + more);
      for (std::int64_t j = 0; j < b_.channels; ++j) {
        const double distance = next[j] - mean[j];
        mean[j] += distance * share;
        squares[j] += next[b_.channels + j] + distance * distance * before * share;
      }
    }
  }

  void write_statistics(const Call& call, const T* x, const double* moments, ChannelMaps<A>& map) const {
    const auto* weight = static_cast<const A*>(call.inputs[1].data);
    const auto* bias = static_cast<const A*>(call.inputs[2].data);
    auto* means = static_cast<A*>(call.outputs[1].data);
    auto* variances = static_cast<A*>(call.outputs[2].data);
    auto* rstds = static_cast<A*>(call.outputs[3].data);
    const auto rows = static_cast<double>(std::max<std::int64_t>(1, b_.rows));
    for (std::int64_t j = 0; j < b_.channels; ++j) {
      const double mean = moments[j], variance = moments[b_.channels + j] / rows;
      const double rstd = 1 / std::sqrt(variance + eps_);
      const A origin = b_.rows ? static_cast<A>(x[j]) : A{0};
      map.set(j, origin, mean, rstd, weight[j], bias[j]);
      if (means) means[j] = static_cast<A>(static_cast<double>(origin) + mean);
      if (variances) variances[j] = static_cast<A>(variance);
      if (rstds) rstds[j] = static_cast<A>(rstd);
    }
  }

  ChannelBlocks b_;
  double eps_;
};

template <class T>
class CpuBatchNormInference {
  using A = Compute<T>;

 public:
  explicit CpuBatchNormInference(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks)), eps_(request.attributes.real("eps")) {}

  std::size_t workspace() const { return ChannelMaps<A>::bytes(b_.channels); }

  void operator()(const Call& call) const {
    const auto operand = [&](std::size_t i) { return static_cast<const A*>(call.inputs[i].data); };
    ChannelMaps<A> map(call.workspace.data, b_.channels);
    for (std::int64_t j = 0; j < b_.channels; ++j) {
      const double rstd = 1 / std::sqrt(static_cast<double>(operand(4)[j]) + eps_);
      map.set(j, operand(3)[j], 0, rstd, operand(1)[j], operand(2)[j]);
    }
    apply(b_, map, static_cast<const T*>(call.inputs[0].data), static_cast<T*>(call.outputs[0].data));
  }

 private:
  ChannelBlocks b_;
  double eps_;
};

template <template <class> class Kernel>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    const Kernel<typename decltype(type)::type> kernel(request);
    return {kernel, kernel.workspace()};
  });
}

}  // namespace

exec::PreparedKernel prepare_batch_norm_cpu(const exec::KernelRequest& request) {
  return prepare<CpuBatchNorm>(request);
}
exec::PreparedKernel prepare_batch_norm_epilogue_cpu(const exec::KernelRequest& request) {
  return prepare_in_turn(request, "batch_norm", 3, prepare_batch_norm_cpu, prepare_pointwise_cpu);
}
exec::PreparedKernel prepare_batch_norm_inference_cpu(const exec::KernelRequest& request) {
  return prepare<CpuBatchNormInference>(request);
}

}  // namespace weft::kernels
