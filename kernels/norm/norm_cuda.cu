// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "kernels/common/float_types.h"
#include "kernels/common/teams.cuh"
#include "kernels/norm/lost.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kMaxBlocks = 528;   // of the grid: four for each of 132 multiprocessors
constexpr std::int64_t kRowsOfThread = 8;  // at least, where there are that many
constexpr int kAhead = 4;                  // rows that a thread has on their way at a time

// n neighboring channels, read in one access.
template <class T, int n>
struct alignas(sizeof(T) * n) Channels {
  T lane[n];
};

// The moments of n channels, of as many elements each. Welford's running mean, joined as Chan, Golub and LeVeque (1979)
// do. All channels share one divisor.
template <class A, int n>
struct Moments {
  A mean[n], squares[n];  // squares: sum of squared distances from the mean
  std::int64_t count;
};

template <class T, int n>
__device__ void add(Moments<Compute<T>, n>& s, const Channels<T, n>& x, const Compute<T> (&origin)[n]) {
  using A = Compute<T>;
  const A share = A{1} / static_cast<A>(++s.count);
  for (int i = 0; i < n; ++i) {
    const A value = static_cast<A>(x.lane[i]) - origin[i], distance = value - s.mean[i];
    s.mean[i] += distance * share;
    s.squares[i] += distance * (value - s.mean[i]);
  }
}

template <class A, int n>
__device__ void merge(Moments<A, n>& s, const Moments<A, n>& next) {
  if (next.count == 0) return;
  const std::int64_t count = s.count + next.count;
  const A share = static_cast<A>(next.count) / static_cast<A>(count), both = static_cast<A>(s.count) * share;
  for (int i = 0; i < n; ++i) {
    const A distance = next.mean[i] - s.mean[i];
    s.mean[i] += distance * share;
    s.squares[i] += next.squares[i] + distance * distance * both;
  }
  s.count = count;
}

// Moments of every block and channel.
template <class A>
struct Partials {
  A *mean, *squares;
};

// Block x: packs of n channels, block y: rows. The moments of x - origin, the channel's first element.
template <class T, int n>
__global__ void __launch_bounds__(kThreads, 4)
    moments_kernel(ChannelBlocks b, const T* x, Partials<Compute<T>> partials) {
  using A = Compute<T>;
  using State = Moments<A, n>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const TeamMember t(false);
  const std::int64_t channel = t.result() * n, block = blockIdx.y, end = b.end(block);
  const bool live = channel < b.channels;
  State state{};
  if (live && b.rows > 0) {
    const auto at = [&](std::int64_t row) {
      return *reinterpret_cast<const Channels<T, n>*>(x + row * b.channels + channel);
    };
    const Channels<T, n> first = at(0);
    A origin[n];
    for (int i = 0; i < n; ++i) origin[i] = static_cast<A>(first.lane[i]);
    std::int64_t row = b.begin(block) + t.rank;
    for (; row + (kAhead - 1) * t.team < end; row += kAhead * t.team) {
      Channels<T, n> ahead[kAhead];
      for (int k = 0; k < kAhead; ++k) ahead[k] = at(row + k * t.team);
      for (int k = 0; k < kAhead; ++k) add<T, n>(state, ahead[k], origin);
    }
    for (; row < end; row += t.team) add<T, n>(state, at(row), origin);
  }
  state = over_team(cells, state, t, merge<A, n>);
  if (t.rank != 0 || !live) return;
  for (int i = 0; i < n; ++i) {
    partials.mean[block * b.channels + channel + i] = state.mean[i];
    partials.squares[block * b.channels + channel + i] = state.squares[i];
  }
}

template <class A>
struct Statistics {
  A *mean, *variance, *rstd, *rest;  // (c) or null
};

// Joins the blocks' moments: every thread its own in order, then the team.
template <class T>
__global__ void __launch_bounds__(kThreads)
    statistics_kernel(ChannelBlocks b, Compute<T> eps, const T* x, Partials<Compute<T>> partials,
                      Statistics<Compute<T>> to) {
  using A = Compute<T>;
  using State = Moments<A, 1>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const TeamMember t(false);
  const std::int64_t channel = t.result();
  State state{};
  if (channel < b.channels) {
#pragma unroll 4  // so that several loads are under way
    for (std::int64_t block = t.rank; block < b.blocks; block += t.team) {
      const std::int64_t from = block * b.channels + channel;
      merge(state, {{partials.mean[from]}, {partials.squares[from]}, b.end(block) - b.begin(block)});
    }
  }
  state = over_team(cells, state, t, merge<A, 1>);
  if (t.rank != 0 || channel >= b.channels) return;
  const A origin = state.count ? static_cast<A>(x[channel]) : A{0}, mean = origin + state.mean[0];
  const A variance = state.count ? state.squares[0] / static_cast<A>(state.count) : A{0};
  if (to.mean) to.mean[channel] = mean;
  if (to.variance) to.variance[channel] = variance;
  if (to.rstd) to.rstd[channel] = A{1} / std::sqrt(variance + eps);
  if (to.rest) to.rest[channel] = lost(origin, state.mean[0], mean);
}

// The share of each block and thread if a thread takes n channels; the shape alone decides.
struct Cut {
  TeamLayout layout;
  ChannelBlocks blocks;
  unsigned tiles = 0;

  Cut(const Shape& shape, int n) {
    const std::int64_t packs = shape[-1] / n;
    layout = team_layout(false, packs, 0);
    tiles = layout.tiles(packs);
    blocks = channel_blocks(shape, kRowsOfThread * layout.team * shape[-1],
                            std::max<std::int64_t>(1, kMaxBlocks / std::max(1u, tiles)));
  }
};

template <class T>
class CudaStatistics {
  using A = Compute<T>;
  static constexpr int kPack = 16 / sizeof(T);

 public:
  explicit CudaStatistics(const exec::KernelRequest& request)
      : eps_(static_cast<A>(request.attributes.real("eps"))),
        channels_(request.inputs[0].shape[-1]),
        packed_(request.inputs[0].shape, channels_ % kPack == 0 ? kPack : 1),
        single_(request.inputs[0].shape, 1) {}

  std::size_t workspace() const {
    const std::int64_t blocks = std::max(packed_.blocks.blocks, single_.blocks.blocks);
    return static_cast<std::size_t>(2 * blocks * channels_) * sizeof(A);
  }

  void operator()(const Call& call) const {
    const bool aligned = reinterpret_cast<std::uintptr_t>(call.inputs[0].data) % 16 == 0;
    if (channels_ % kPack == 0 && aligned) {
      run<kPack>(call, packed_);
    } else {
      run<1>(call, single_);
    }
  }

 private:
  template <int n>
  void run(const Call& call, const Cut& cut) const {
    const ChannelBlocks& b = cut.blocks;
    const auto* x = cuda::data<const T>(call.inputs[0]);
    auto* space = cuda::data<A>(call.workspace);
    const Partials<A> partials{space, space + b.blocks * channels_};
    const Statistics<A> to{cuda::data<A>(call.outputs[0]), cuda::data<A>(call.outputs[1]),
                           cuda::data<A>(call.outputs[2]), cuda::data<A>(call.outputs[3])};
    cuda::launch(moments_kernel<T, n>, dim3(cut.tiles, static_cast<unsigned>(b.blocks)), cut.layout.block(), 0, call, b,
                 x, partials);
    constexpr unsigned kSlots = 4;
    cuda::launch(statistics_kernel<T>, dim3((static_cast<unsigned>(channels_) + kSlots - 1) / kSlots),
                 dim3(kSlots, kThreads / kSlots), 0, call, b, eps_, x, partials, to);
  }

  A eps_;
  std::int64_t channels_;
  Cut packed_, single_;
};

}  // namespace

exec::PreparedKernel prepare_batch_norm_statistics_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    auto kernel = std::make_shared<const CudaStatistics<typename decltype(type)::type>>(request);
    return {[kernel](const Call& call) { (*kernel)(call); }, kernel->workspace()};
  });
}

}  // namespace weft::kernels
