// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/norm/norm.h"
#include "kernels/norm/shapes.h"
#include "kernels/support/float_types.h"
#include "kernels/support/lanes.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 16 * 1024, kMaxBlocks = 256;

template <class A>
struct GradSums {
  A bias, weight;  // sum of dy, sum of dy xhat
};

template <class T>
struct GradOperands {
  const T *dy, *x;                        // (rows, c)
  const Compute<T>*weight, *mean, *rstd;  // (c)
};

// Block x: channels, block y: rows.
template <class T>
__global__ void __launch_bounds__(kThreads)
    grad_sums_kernel(ChannelBlocks b, GradOperands<T> o, GradSums<Compute<T>>* partial) {
  using A = Compute<T>;
  using State = GradSums<A>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const Lane t(false);
  const std::int64_t channel = t.result(), block = blockIdx.y;
  State sums{0, 0};
  if (channel < b.channels) {
    const A mean = o.mean[channel], rstd = o.rstd[channel];
    for (std::int64_t i = b.begin(block) + t.lane; i < b.end(block); i += t.lanes) {
      const A dy = static_cast<A>(o.dy[i * b.channels + channel]);
      sums.bias += dy;
      sums.weight += dy * ((static_cast<A>(o.x[i * b.channels + channel]) - mean) * rstd);
    }
  }
  sums = over_lanes(cells, sums, t, [](State& a, const State& n) {
    a.bias += n.bias;
    a.weight += n.weight;
  });
  if (t.lane == 0 && channel < b.channels) partial[block * b.channels + channel] = sums;
}

// Adds the blocks in order, a thread per channel; the totals replace block 0.
template <class A>
__global__ void __launch_bounds__(kThreads)
    join_grad_sums_kernel(ChannelBlocks b, GradSums<A>* partial, A* dweight, A* dbias) {
  for (std::int64_t j = first_element(); j < b.channels; j += element_stride()) {
    GradSums<A> sums = partial[j];
    for (std::int64_t block = 1; block < b.blocks; ++block) {
      sums.bias += partial[block * b.channels + j].bias;
      sums.weight += partial[block * b.channels + j].weight;
    }
    partial[j] = sums;
    if (dweight) dweight[j] = sums.weight;
    if (dbias) dbias[j] = sums.bias;
  }
}

// dx = weight rstd (dy - dbias / n - xhat dweight / n)
template <class T>
__global__ void __launch_bounds__(kThreads)
    batch_norm_dx_kernel(ChannelBlocks b, GradOperands<T> o, const GradSums<Compute<T>>* sums, T* dx) {
  using A = Compute<T>;
  const A per_row = A{1} / static_cast<A>(b.rows);
  for (std::int64_t i = first_element(); i < b.rows * b.channels; i += element_stride()) {
    const std::int64_t j = i % b.channels;
    const A xhat = (static_cast<A>(o.x[i]) - o.mean[j]) * o.rstd[j];
    const A centred = static_cast<A>(o.dy[i]) - sums[j].bias * per_row;
    dx[i] = static_cast<T>(o.weight[j] * o.rstd[j] * (centred - xhat * (sums[j].weight * per_row)));
  }
}

template <class T>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  using A = Compute<T>;
  const ChannelBlocks b = channel_blocks(request.inputs[1].shape, kGrain, kMaxBlocks);
  const LaneLayout layout = lane_layout(false, b.channels, b.rows);
  const auto run = [=](const Call& call) {
    const GradOperands<T> operands{cuda::data<const T>(call.inputs[0]), cuda::data<const T>(call.inputs[1]),
                                   cuda::data<const A>(call.inputs[2]), cuda::data<const A>(call.inputs[3]),
                                   cuda::data<const A>(call.inputs[4])};
    auto* sums = cuda::data<GradSums<A>>(call.workspace);
    cuda::launch(grad_sums_kernel<T>, dim3(layout.tiles(b.channels), static_cast<unsigned>(b.blocks)), layout.block(),
                 0, call, b, operands, sums);
    cuda::launch(join_grad_sums_kernel<A>, grid_for(b.channels), dim3(kThreads), 0, call, b, sums,
                 cuda::data<A>(call.outputs[1]), cuda::data<A>(call.outputs[2]));
    if (!call.outputs[0].data) return;
    cuda::launch(batch_norm_dx_kernel<T>, grid_for(b.rows * b.channels), dim3(kThreads), 0, call, b, operands, sums,
                 cuda::data<T>(call.outputs[0]));
  };
  return {run, static_cast<std::size_t>(b.blocks * b.channels) * sizeof(GradSums<A>)};
}

}  // namespace

exec::PreparedKernel prepare_batch_norm_grad_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[1].dtype, request.op.name(),
                       [&](auto type) { return prepare<typename decltype(type)::type>(request); });
}

}  // namespace weft::kernels
