// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>

#include "core/device/thread_pool.h"
#include "kernels/norm/channels.h"
#include "kernels/norm/epilogue.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/support/float_types.h"
#include "kernels/support/in_turn.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 64;

// y = ((x - origin) - mean) * scale + bias. In training the origin is the channel's first element and the mean is
// counted from there: with values around 1e6 that deviate by 1, an f32 mean counted from zero would put y off by
// several hundredths.
template <class A>
class ChannelMaps {
 public:
  static std::size_t bytes(std::int64_t channels) {
    return static_cast<std::size_t>(4 * channels * repeats(channels)) * sizeof(A);
  }
  ChannelMaps(void* space, std::int64_t channels) : channels_(channels), width_(channels * repeats(channels)) {
    auto* at = static_cast<A*>(space);
    map_ = {at, at + width_, at + 2 * width_, at + 3 * width_};
  }

  void set(std::int64_t channel, A from, double mean_from, double rstd, A weight, A shift) {
    for (std::int64_t j = channel; j < width_; j += channels_) {
      map_.origin[j] = from;
      map_.mean[j] = static_cast<A>(mean_from);
      map_.scale[j] = static_cast<A>(rstd * static_cast<double>(weight));
      map_.bias[j] = shift;
    }
  }
  const ChannelMap<A>& map() const { return map_; }

 private:
  std::int64_t channels_, width_;
  ChannelMap<A> map_;
};

// The last blocks come first: they have been read last and may still be in a cache.
template <class Body>
void for_blocks_backwards(const ChannelBlocks& b, Body&& body) {
  parallel_chunks(b.blocks, [&](std::int64_t i) {
    const std::int64_t block = b.blocks - 1 - i;
    body(b.begin(block) * b.channels, (b.end(block) - b.begin(block)) * b.channels);
  });
}

// Statistics are made in f64, from sums over blocks of rows of the distances from the channel's first element.
template <class T>
class CpuBatchNorm {
  using A = Compute<T>;

 public:
  explicit CpuBatchNorm(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks)),
        width_(b_.channels * repeats(b_.channels)),
        eps_(request.attributes.real("eps")),
        loops_(channel_loops<T>()) {}

  std::size_t workspace() const {
    return static_cast<std::size_t>((1 + 2 * b_.blocks) * width_) * sizeof(double) + ChannelMaps<A>::bytes(b_.channels);
  }

  // Writes the statistics that are wanted and calls consume(first element, count, map) for every block.
  template <class Consume>
  void run(const Call& call, const View& means, const View& variances, const View& rstds, Consume&& consume) const {
    if (b_.channels == 0) return;
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* origin = static_cast<double*>(call.workspace.data);
    double* sums = origin + width_;
    for (std::int64_t j = 0; j < width_; ++j) origin[j] = first(x, j % b_.channels);
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      double* sum = sums + 2 * block * width_;
      std::fill_n(sum, 2 * width_, 0.0);
      loops_.moments(x + b_.begin(block) * b_.channels, (b_.end(block) - b_.begin(block)) * b_.channels, width_, origin,
                     sum, sum + width_);
    });
    ChannelMaps<A> maps(sums + 2 * b_.blocks * width_, b_.channels);
    write_statistics(call, sums, maps, {means.data, variances.data, rstds.data});
    for_blocks_backwards(b_, [&](std::int64_t begin, std::int64_t n) { consume(begin, n, maps.map()); });
  }

  void operator()(const Call& call) const {
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* y = static_cast<T*>(call.outputs[0].data);
    run(call, call.outputs[1], call.outputs[2], call.outputs[3],
        [&](std::int64_t begin, std::int64_t n, const ChannelMap<A>& map) {
          if (y) loops_.apply(x + begin, n, width_, map, y + begin);
        });
  }

  const ChannelLoops<T>& loops() const { return loops_; }
  std::int64_t width() const { return width_; }

 private:
  struct Statistics {
    void *means, *variances, *rstds;
  };

  double first(const T* x, std::int64_t channel) const {
    return b_.rows ? static_cast<double>(static_cast<A>(x[channel])) : 0.0;
  }

  // The sum over blocks and repeats of one channel.
  double total(const double* sums, std::int64_t channel) const {
    double sum = 0;
    for (std::int64_t block = 0; block < b_.blocks; ++block)
      for (std::int64_t j = channel; j < width_; j += b_.channels) sum += sums[2 * block * width_ + j];
    return sum;
  }

  void write_statistics(const Call& call, const double* sums, ChannelMaps<A>& maps, const Statistics& to) const {
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    const auto* weight = static_cast<const A*>(call.inputs[1].data);
    const auto* bias = static_cast<const A*>(call.inputs[2].data);
    const auto rows = static_cast<double>(std::max<std::int64_t>(1, b_.rows));
    for (std::int64_t j = 0; j < b_.channels; ++j) {
      const double mean = total(sums, j) / rows;
      const double square = total(sums + width_, j) / rows - mean * mean;
      const double variance = square < 0 ? 0 : square;
      const double rstd = 1 / std::sqrt(variance + eps_), origin = first(x, j);
      maps.set(j, static_cast<A>(origin), mean, rstd, weight[j], bias[j]);
      if (to.means) static_cast<A*>(to.means)[j] = static_cast<A>(origin + mean);
      if (to.variances) static_cast<A*>(to.variances)[j] = static_cast<A>(variance);
      if (to.rstds) static_cast<A*>(to.rstds)[j] = static_cast<A>(rstd);
    }
  }

  ChannelBlocks b_;
  std::int64_t width_;
  double eps_;
  ChannelLoops<T> loops_;
};

// Batch norm with a body that runs on what has just been normalised, a piece at a time.
template <class T>
class CpuBatchNormEpilogue {
  using A = Compute<T>;

 public:
  CpuBatchNormEpilogue(const exec::KernelRequest& request, const NormBody& body) : norm_(request), body_(body) {}

  std::size_t workspace() const { return norm_.workspace(); }

  void operator()(const Call& call) const {
    Operands operands;
    for (std::size_t i = 3; i < call.inputs.size(); ++i) operands.inputs[i + 1] = call.inputs[i].data;
    for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.outputs[i] = call.outputs[i].data;
    const auto statistic = [&](int output) {
      return output < 0 ? View{} : call.outputs[static_cast<std::size_t>(output)];
    };
    norm_.run(call, statistic(body_.passed_on[1]), statistic(body_.passed_on[2]), statistic(body_.passed_on[3]),
              [&](std::int64_t begin, std::int64_t n, const ChannelMap<A>& map) {
                for (std::int64_t i = 0; i < n;)
                  i += run_piece(call, operands, begin + i, n - i, i % norm_.width(), map);
              });
  }

 private:
  // At most n elements, the first one that of channel `channel`; returns how many.
  std::int64_t run_piece(const Call& call, Operands operands, std::int64_t begin, std::int64_t n, std::int64_t channel,
                         const ChannelMap<A>& map) const {
    constexpr std::int64_t kPiece = 2048;
    const std::int64_t width = norm_.width();
    n = std::min(n, width <= kPiece ? kPiece / width * width : std::min(kPiece, width - channel));
    alignas(64) T y[kPiece];
    norm_.loops().apply(static_cast<const T*>(call.inputs[0].data) + begin, n, width,
                        {map.origin + channel, map.mean + channel, map.scale + channel, map.bias + channel}, y);
    operands.inputs[0] = y;
    operands.row_step[0] = n;
    run_window(body_.program, operands, {begin, 1, n, n});
    return n;
  }

  CpuBatchNorm<T> norm_;
  NormBody body_;
};

template <class T>
class CpuBatchNormInference {
  using A = Compute<T>;

 public:
  explicit CpuBatchNormInference(const exec::KernelRequest& request)
      : b_(channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks)),
        eps_(request.attributes.real("eps")),
        loops_(channel_loops<T>()) {}

  std::size_t workspace() const { return ChannelMaps<A>::bytes(b_.channels); }

  void operator()(const Call& call) const {
    const auto operand = [&](std::size_t i) { return static_cast<const A*>(call.inputs[i].data); };
    ChannelMaps<A> maps(call.workspace.data, b_.channels);
    for (std::int64_t j = 0; j < b_.channels; ++j) {
      const double rstd = 1 / std::sqrt(static_cast<double>(operand(4)[j]) + eps_);
      maps.set(j, operand(3)[j], 0, rstd, operand(1)[j], operand(2)[j]);
    }
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* y = static_cast<T*>(call.outputs[0].data);
    parallel_chunks(b_.blocks, [&](std::int64_t block) {
      const std::int64_t begin = b_.begin(block) * b_.channels, n = b_.end(block) * b_.channels - begin;
      loops_.apply(x + begin, n, b_.channels * repeats(b_.channels), maps.map(), y + begin);
    });
  }

 private:
  ChannelBlocks b_;
  double eps_;
  ChannelLoops<T> loops_;
};

template <template <class> class Kernel, class... Further>
exec::PreparedKernel prepare(const exec::KernelRequest& request, const Further&... further) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    auto kernel = std::make_shared<const Kernel<typename decltype(type)::type>>(request, further...);
    return {[kernel](const Call& call) { (*kernel)(call); }, kernel->workspace()};
  });
}

}  // namespace

exec::PreparedKernel prepare_batch_norm_cpu(const exec::KernelRequest& request) {
  return prepare<CpuBatchNorm>(request);
}
exec::PreparedKernel prepare_batch_norm_epilogue_cpu(const exec::KernelRequest& request) {
  if (const std::optional<NormBody> body = norm_body(request)) return prepare<CpuBatchNormEpilogue>(request, *body);
  return prepare_in_turn(request, "batch_norm", 3, prepare_batch_norm_cpu, prepare_pointwise_cpu);
}
exec::PreparedKernel prepare_batch_norm_inference_cpu(const exec::KernelRequest& request) {
  return prepare<CpuBatchNormInference>(request);
}

}  // namespace weft::kernels
