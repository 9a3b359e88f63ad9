// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include "kernels/common/grid.cuh"
#include "kernels/common/product_types.h"
#include "kernels/common/workspace.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/problem.h"
#include "kernels/matmul/piece_sum.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

// Convolutions of each channel with a filter of its own. Neighboring threads have neighboring channels, so that every
// load of a warp is one stretch of memory. The order of every sum follows from the shapes alone.
namespace weft::kernels {
namespace {

constexpr int kTogether = 4;  // results of a line that share the loads of a filter
constexpr std::int64_t kMostTaps = 1024;
constexpr std::int64_t kLargest = std::int64_t{1} << 30;  // of all that is counted in 32 bits

// The sizes in 32 bits, for which a GPU has division in hardware.
struct DepthwiseAxis {
  int image, window, result, stride, dilation, low;
};
struct Depthwise {
  std::int64_t n, channels;
  DepthwiseAxis axis[kSpatialAxes];
};

__device__ inline int taps_of(const Depthwise& p) { return p.axis[0].window * p.axis[1].window * p.axis[2].window; }

// The element of the source under tap k of target i; below 0 or not below the source's size where there is none.
// Results read the image, the image's gradient reads the results'.
template <bool forward>
__device__ int source_of(const DepthwiseAxis& a, int i, int k) {
  if (forward) return i * a.stride - a.low + k * a.dilation;
  const int from = i + a.low - k * a.dilation;
  return a.stride == 1 ? from : from < 0 || from % a.stride != 0 ? -1 : from / a.stride;
}
template <bool forward>
__device__ int source_size(const DepthwiseAxis& a) {
  return forward ? a.image : a.result;
}
template <bool forward>
__host__ __device__ int target_size(const DepthwiseAxis& a) {
  return forward ? a.result : a.image;
}

// Filters (channels, taps) as (taps, channels).
template <class T>
__global__ void __launch_bounds__(kThreads) depthwise_pack_kernel(Depthwise p, const T* w, Compute<T>* to) {
  const std::int64_t taps = taps_of(p), count = taps * p.channels;
  for (std::int64_t i = first_element(); i < count; i += element_stride())
    to[i] = static_cast<Compute<T>>(w[i % p.channels * taps + i / p.channels]);
}

// Adds one line of the source, under the taps [k, k + window) of the last axis.
template <bool forward, class T>
__device__ void add_line(const Depthwise& p, const T* line, const Compute<T>* w, int first,
                         Compute<T> (&sums)[kTogether]) {
  const DepthwiseAxis& columns = p.axis[2];
  for (int k = 0; k < columns.window; ++k) {
    const Compute<T> weight = w[k * p.channels];
    for (int j = 0; j < kTogether; ++j) {
      const int at = source_of<forward>(columns, first + j, k);
      if (at < 0 || at >= source_size<forward>(columns)) continue;
      sums[j] += static_cast<Compute<T>>(line[at * p.channels]) * weight;
    }
  }
}

// kTogether neighbors of a line and a channel per thread; lines are spread over blockDim.y and gridDim.y.
template <bool forward, class T, class O>
__global__ void __launch_bounds__(kThreads) depthwise_kernel(Depthwise p, const T* from, const Compute<T>* w, O* to) {
  const DepthwiseAxis &planes = p.axis[0], &lines = p.axis[1], &columns = p.axis[2];
  const int channels = static_cast<int>(p.channels);
  const int within = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int first = within / channels * kTogether, channel = within % channels;
  if (first >= target_size<forward>(columns)) return;
  const std::int64_t per_image = std::int64_t{target_size<forward>(planes)} * target_size<forward>(lines);
  const std::int64_t first_line = static_cast<std::int64_t>(blockIdx.y) * blockDim.y + threadIdx.y;
  for (std::int64_t line = first_line; line < p.n * per_image; line += gridDim.y * blockDim.y) {
    const std::int64_t n = line / per_image;
    const int z = static_cast<int>(line % per_image) / target_size<forward>(lines);
    const int y = static_cast<int>(line % per_image) % target_size<forward>(lines);
    Compute<T> sums[kTogether] = {};
    for (int k0 = 0; k0 < planes.window; ++k0) {
      const int at0 = source_of<forward>(planes, z, k0);
      if (at0 < 0 || at0 >= source_size<forward>(planes)) continue;
      for (int k1 = 0; k1 < lines.window; ++k1) {
        const int at1 = source_of<forward>(lines, y, k1);
        if (at1 < 0 || at1 >= source_size<forward>(lines)) continue;
        const std::int64_t row = (n * source_size<forward>(planes) + at0) * source_size<forward>(lines) + at1;
        add_line<forward>(p, from + row * source_size<forward>(columns) * p.channels + channel,
                          w + static_cast<std::int64_t>(k0 * lines.window + k1) * columns.window * p.channels + channel,
                          first, sums);
      }
    }
    O* const out = to + (line * target_size<forward>(columns) + first) * p.channels + channel;
    for (int j = 0; j < kTogether && first + j < target_size<forward>(columns); ++j)
      out[j * p.channels] = static_cast<O>(sums[j]);
  }
}

// Results [begin, end) of a line whose element under a tap lies in the image.
struct DepthwiseRange {
  int begin, end;
};
__device__ inline DepthwiseRange results_under(const DepthwiseAxis& a, int k) {
  const int at = source_of<true>(a, 0, k);
  const int begin = at >= 0 ? 0 : (-at + a.stride - 1) / a.stride;
  const int end = a.image <= at ? 0 : (a.image - at + a.stride - 1) / a.stride;
  return {begin, end < a.result ? end : a.result};
}

// A tap and a channel per thread, over the result lines of the piece blockIdx.y; sums are (pieces, taps, channels).
template <class T>
__global__ void __launch_bounds__(kThreads)
    depthwise_sums_kernel(Depthwise p, std::int64_t piece, const T* x, const T* dy, Compute<T>* sums) {
  const DepthwiseAxis &planes = p.axis[0], &lines = p.axis[1], &columns = p.axis[2];
  const std::int64_t i = first_element(), count = taps_of(p) * p.channels;
  if (i >= count) return;
  const std::int64_t channel = i % p.channels;
  const int k = static_cast<int>(i / p.channels), k2 = k % columns.window;
  const int k1 = k / columns.window % lines.window, k0 = k / columns.window / lines.window;
  const DepthwiseRange over = results_under(columns, k2);
  const std::int64_t per_image = std::int64_t{planes.result} * lines.result, all = p.n * per_image;
  const std::int64_t begin = blockIdx.y * piece, end = begin + piece < all ? begin + piece : all;
  PieceSum<T> sum;
  for (std::int64_t line = begin; line < end; ++line) {
    const int at0 = source_of<true>(planes, static_cast<int>(line % per_image) / lines.result, k0);
    const int at1 = source_of<true>(lines, static_cast<int>(line % per_image) % lines.result, k1);
    if (at0 < 0 || at0 >= planes.image || at1 < 0 || at1 >= lines.image) continue;
    const std::int64_t row = (line / per_image * planes.image + at0) * lines.image + at1;
    const T* const image = x + row * columns.image * p.channels + channel;
    const T* const result = dy + line * columns.result * p.channels + channel;
    for (int column = over.begin; column < over.end; ++column)
      sum.add(image[source_of<true>(columns, column, k2) * p.channels], result[column * p.channels]);
  }
  sums[blockIdx.y * count + i] = sum.total();
}

// The pieces' sums in their order, as filters (channels, taps).
template <class A, class O>
__global__ void __launch_bounds__(kThreads) depthwise_join_kernel(Depthwise p, int pieces, const A* sums, O* dw) {
  const std::int64_t taps = taps_of(p), count = taps * p.channels;
  for (std::int64_t i = first_element(); i < count; i += element_stride()) {
    double sum = 0;
    for (int piece = 0; piece < pieces; ++piece)
      sum += static_cast<double>(sums[piece * count + i % taps * p.channels + i / taps]);
    dw[i] = static_cast<O>(static_cast<A>(sum));
  }
}

// Nothing where the kernels do not suit the request.
std::optional<Depthwise> depthwise(const exec::KernelRequest& request) {
  const ConvProblem p = conv_problem(request);
  if (p.channels != p.groups || p.filters != p.groups || request.outputs[0].shape.numel() == 0) return std::nullopt;
  Depthwise d{p.n, p.channels, {}};
  std::int64_t taps = 1;
  for (int i = 0; i < kSpatialAxes; ++i) {
    const std::int64_t numbers[] = {p.image[i],  p.window[i],   p.result[i],
                                    p.stride[i], p.dilation[i], std::max(p.low[i], -p.low[i])};
    // Also of what source_of() counts on the way.
    const std::int64_t reach = (p.result[i] + kTogether) * p.stride[i] + p.window[i] * p.dilation[i];
    if (std::max(reach, *std::max_element(std::begin(numbers), std::end(numbers))) >= kLargest / 2) return std::nullopt;
    d.axis[i] = {static_cast<int>(p.image[i]),  static_cast<int>(p.window[i]),   static_cast<int>(p.result[i]),
                 static_cast<int>(p.stride[i]), static_cast<int>(p.dilation[i]), static_cast<int>(p.low[i])};
    taps *= p.window[i];
  }
  const std::int64_t line = std::max(p.image[2], p.result[2]) * p.channels;
  const std::int64_t lines = std::max(p.image[0] * p.image[1], p.result[0] * p.result[1]);
  if (taps > kMostTaps || std::max(line, lines) >= kLargest) return std::nullopt;
  return d;
}

std::int64_t filter_elements(const Depthwise& p) {
  return p.channels * p.axis[0].window * p.axis[1].window * p.axis[2].window;
}

// A block is as wide as a line of targets, if that is less than kThreads; the rest of the threads has further lines.
struct DepthwiseGrid {
  dim3 grid, block;
};
template <bool forward>
DepthwiseGrid grid_of(const Depthwise& p) {
  const std::int64_t groups = (target_size<forward>(p.axis[2]) + kTogether - 1) / kTogether;
  const std::int64_t width = groups * p.channels;
  unsigned x = 32;
  while (x < kThreads && x < width) x *= 2;
  const unsigned y = kThreads / x;
  const std::int64_t lines = p.n * target_size<forward>(p.axis[0]) * target_size<forward>(p.axis[1]);
  return {dim3(static_cast<unsigned>((width + x - 1) / x),
               static_cast<unsigned>(std::min<std::int64_t>((lines + y - 1) / y, 65535))),
          dim3(x, y)};
}

template <bool forward>
std::optional<exec::PreparedKernel> prepare(const exec::KernelRequest& request) {
  const std::optional<Depthwise> p = depthwise(request);
  if (!p) return std::nullopt;
  return with_product_types(request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
                            [&](auto operand, auto result) -> exec::PreparedKernel {
                              using T = typename decltype(operand)::type;
                              using O = typename decltype(result)::type;
                              const std::int64_t count = filter_elements(*p);
                              return {[p = *p, count, on = grid_of<forward>(*p)](const Call& call) {
                                        auto* const packed = cuda::data<Compute<T>>(call.workspace);
                                        cuda::launch(depthwise_pack_kernel<T>, grid_for(count), dim3(kThreads), 0, call,
                                                     p, cuda::data<const T>(call.inputs[1]), packed);
                                        cuda::launch(depthwise_kernel<forward, T, O>, on.grid, on.block, 0, call, p,
                                                     cuda::data<const T>(call.inputs[0]), packed,
                                                     cuda::data<O>(call.outputs[0]));
                                      },
                                      static_cast<std::size_t>(count) * sizeof(Compute<T>)};
                            });
}

// Lines of results are cut into pieces by the shape alone: so many that a large GPU has threads enough, and no more
// than one thread adds up soon.
constexpr std::int64_t kWantedThreads = std::int64_t{1} << 18, kMostPieces = 1024;

}  // namespace

std::optional<exec::PreparedKernel> prepare_conv_depthwise_cuda(const exec::KernelRequest& request) {
  return prepare<true>(request);
}
std::optional<exec::PreparedKernel> prepare_conv_input_grad_depthwise_cuda(const exec::KernelRequest& request) {
  return prepare<false>(request);
}

std::optional<exec::PreparedKernel> prepare_conv_weight_grad_depthwise_cuda(const exec::KernelRequest& request) {
  const std::optional<Depthwise> p = depthwise(request);
  if (!p) return std::nullopt;
  const std::int64_t count = filter_elements(*p), lines = p->n * p->axis[0].result * p->axis[1].result;
  const std::int64_t most = std::clamp<std::int64_t>(kWantedThreads / count, 1, kMostPieces);
  const std::int64_t piece = std::max<std::int64_t>((lines + most - 1) / most, 1);
  const auto pieces = static_cast<int>(std::max<std::int64_t>((lines + piece - 1) / piece, 1));
  return with_product_types(
      request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
      [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using O = typename decltype(result)::type;
        return {[p = *p, count, piece, pieces](const Call& call) {
                  auto* const sums = cuda::data<Compute<T>>(call.workspace);
                  const dim3 grid(static_cast<unsigned>((count + kThreads - 1) / kThreads),
                                  static_cast<unsigned>(pieces));
                  cuda::launch(depthwise_sums_kernel<T>, grid, dim3(kThreads), 0, call, p, piece,
                               cuda::data<const T>(call.inputs[0]), cuda::data<const T>(call.inputs[1]), sums);
                  cuda::launch(depthwise_join_kernel<Compute<T>, O>, grid_for(count), dim3(kThreads), 0, call, p,
                               pieces, sums, cuda::data<O>(call.outputs[0]));
                },
                static_cast<std::size_t>(count * pieces) * sizeof(Compute<T>)};
      });
}

}  // namespace weft::kernels
