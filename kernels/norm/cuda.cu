// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/reduce/accumulate.h"
#include "kernels/support/float_types.h"
#include "kernels/support/lanes.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 256;

// y = ((x - origin) - mean) * scale + bias. In training the origin is the channel's first element and the mean is
// counted from there, so that a large common value costs no digits.
template <class A>
struct ChannelMap {
  A origin, mean, scale, bias;
};

// Block x: channels, block y: rows. The moments of x - origin.
template <class T>
__global__ void __launch_bounds__(kThreads) moments_kernel(ChannelBlocks b, const T* x, Moments<Compute<T>>* partial) {
  using A = Compute<T>;
  using State = Moments<A>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const Lane t(false);
  const std::int64_t channel = t.result(), block = blockIdx.y;
  State state = Variance<A>::start();
  if (channel < b.channels && b.rows > 0) {
    const A origin = static_cast<A>(x[channel]);
    for (std::int64_t i = b.begin(block) + t.lane; i < b.end(block); i += t.lanes) {
      Variance<A>::add(state, static_cast<A>(x[i * b.channels + channel]) - origin, i);
    }
  }
  state = over_lanes(cells, state, t, [](State& a, const State& n) { Variance<A>::merge(a, n); });
  if (t.lane == 0 && channel < b.channels) partial[block * b.channels + channel] = state;
}

template <class A>
struct Statistics {
  const A *weight, *bias;     // (c)
  A *mean, *variance, *rstd;  // (c) or null
};

// Joins the blocks' moments in order, a thread per channel.
template <class T>
__global__ void __launch_bounds__(kThreads)
    statistics_kernel(ChannelBlocks b, Compute<T> eps, const T* x, const Moments<Compute<T>>* partial,
                      Statistics<Compute<T>> s, ChannelMap<Compute<T>>* map) {
  using A = Compute<T>;
  for (std::int64_t j = first_element(); j < b.channels; j += element_stride()) {
    Moments<A> m = partial[j];
    for (std::int64_t block = 1; block < b.blocks; ++block) Variance<A>::merge(m, partial[block * b.channels + j]);
    const A variance = m.count ? m.squares / static_cast<A>(m.count) : A{0};
    const A rstd = A{1} / std::sqrt(variance + eps);
    const A origin = m.count ? static_cast<A>(x[j]) : A{0};
    map[j] = {origin, m.mean, rstd * s.weight[j], s.bias[j]};
    if (s.mean) s.mean[j] = origin + m.mean;
    if (s.variance) s.variance[j] = variance;
    if (s.rstd) s.rstd[j] = rstd;
  }
}

template <class A>
__global__ void __launch_bounds__(kThreads)
    running_map_kernel(std::int64_t channels, A eps, const A* weight, const A* bias, const A* mean, const A* variance,
                       ChannelMap<A>* map) {
  for (std::int64_t j = first_element(); j < channels; j += element_stride()) {
    map[j] = {mean[j], 0, weight[j] / std::sqrt(variance[j] + eps), bias[j]};
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    apply_kernel(ChannelBlocks b, const ChannelMap<Compute<T>>* map, const T* x, T* y) {
  using A = Compute<T>;
  for (std::int64_t i = first_element(); i < b.rows * b.channels; i += element_stride()) {
    const ChannelMap<A> m = map[i % b.channels];
    y[i] = static_cast<T>(((static_cast<A>(x[i]) - m.origin) - m.mean) * m.scale + m.bias);
  }
}

// The workspace of training: moments of every block, then the maps.
template <class T>
exec::PreparedKernel prepare_training(const exec::KernelRequest& request) {
  using A = Compute<T>;
  const ChannelBlocks b = channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks);
  const auto eps = static_cast<A>(request.attributes.real("eps"));
  const auto moments = static_cast<std::size_t>(b.blocks * b.channels);
  const std::size_t map_at = (moments * sizeof(Moments<A>) + 255) / 256 * 256;
  const LaneLayout layout = lane_layout(false, b.channels, b.rows);
  const auto run = [=](const Call& call) {
    const auto* x = cuda::data<const T>(call.inputs[0]);
    auto* partial = cuda::data<Moments<A>>(call.workspace);
    auto* map = reinterpret_cast<ChannelMap<A>*>(cuda::data<char>(call.workspace) + map_at);
    const Statistics<A> statistics{cuda::data<const A>(call.inputs[1]), cuda::data<const A>(call.inputs[2]),
                                   cuda::data<A>(call.outputs[1]), cuda::data<A>(call.outputs[2]),
                                   cuda::data<A>(call.outputs[3])};
    cuda::launch(moments_kernel<T>, dim3(layout.tiles(b.channels), static_cast<unsigned>(b.blocks)), layout.block(), 0,
                 call, b, x, partial);
    cuda::launch(statistics_kernel<T>, grid_for(b.channels), dim3(kThreads), 0, call, b, eps, x, partial, statistics,
                 map);
    if (!call.outputs[0].data) return;
    cuda::launch(apply_kernel<T>, grid_for(b.rows * b.channels), dim3(kThreads), 0, call, b, map, x,
                 cuda::data<T>(call.outputs[0]));
  };
  return {run, map_at + static_cast<std::size_t>(b.channels) * sizeof(ChannelMap<A>)};
}

template <class T>
exec::PreparedKernel prepare_inference(const exec::KernelRequest& request) {
  using A = Compute<T>;
  const ChannelBlocks b = channel_blocks(request.inputs[0].shape, kGrain, kMaxBlocks);
  const auto eps = static_cast<A>(request.attributes.real("eps"));
  const auto run = [=](const Call& call) {
    const auto operand = [&](std::size_t i) { return cuda::data<const A>(call.inputs[i]); };
    auto* map = cuda::data<ChannelMap<A>>(call.workspace);
    cuda::launch(running_map_kernel<A>, grid_for(b.channels), dim3(kThreads), 0, call, b.channels, eps, operand(1),
                 operand(2), operand(3), operand(4), map);
    cuda::launch(apply_kernel<T>, grid_for(b.rows * b.channels), dim3(kThreads), 0, call, b, map,
                 cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
  };
  return {run, static_cast<std::size_t>(b.channels) * sizeof(ChannelMap<A>)};
}

}  // namespace

exec::PreparedKernel prepare_batch_norm_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&](auto type) { return prepare_training<typename decltype(type)::type>(request); });
}
exec::PreparedKernel prepare_batch_norm_inference_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&](auto type) { return prepare_inference<typename decltype(type)::type>(request); });
}

}  // namespace weft::kernels
