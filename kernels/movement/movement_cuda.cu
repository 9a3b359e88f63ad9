// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "core/device/cuda/check.h"
#include "kernels/common/grid.cuh"
#include "kernels/movement/fill.h"
#include "kernels/movement/movement.h"
#include "kernels/movement/runs.h"
#include "kernels/movement/strided.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

constexpr int kTile = 32;  // a transposed tile is kTile x kTile elements, moved by kTile x kTileRows threads
constexpr int kTileRows = 8;
constexpr std::int64_t kTileBlocks = 2048;  // more than any GPU runs at once; a block goes on to further tiles

// Moves n = s.count() elements one by one, in the order of the index space.
template <class T>
__global__ void strided_kernel(Strided s, T* out, const T* in, std::int64_t n) {
  for (std::int64_t element = first_element(); element < n; element += element_stride()) {
    std::int64_t rest = element, from = s.in_offset, to = s.out_offset;
    for (int k = s.rank - 1; k > 0; --k) {
      const std::int64_t i = rest % s.size[k];
      rest /= s.size[k];
      from += i * s.in[k];
      to += i * s.out[k];
    }
    out[to + rest * s.out[0]] = in[from + rest * s.in[0]];
  }
}

// Planes of (rows, columns). Neighbors in the input lie along the rows, neighbors in the output along the columns.
struct Planes {
  Strided around;
  std::int64_t count;
  std::int64_t rows, row_out;
  std::int64_t columns, column_in;
};

// A transpose through shared memory, because both sides are then read and written in runs. The odd pitch avoids bank
// conflicts.
template <class T>
__global__ void transpose_kernel(Planes p, T* out, const T* in) {
  WEFT_SHARED_ARRAY(T, tile, kTile * (kTile + 1));
  const std::int64_t across = (p.columns + kTile - 1) / kTile, down = (p.rows + kTile - 1) / kTile;
  const int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  for (std::int64_t item = blockIdx.x; item < p.count * across * down; item += gridDim.x) {
    const std::int64_t column = item % across * kTile, row = item / across % down * kTile;
    std::int64_t rest = item / (across * down), from = p.around.in_offset, to = p.around.out_offset;
    for (int k = p.around.rank - 1; k >= 0; --k) {
      const std::int64_t i = rest % p.around.size[k];
      rest /= p.around.size[k];
      from += i * p.around.in[k];
      to += i * p.around.out[k];
    }
    for (int c = y; c < kTile && column + c < p.columns; c += kTileRows) {
      if (row + x < p.rows) tile[c * (kTile + 1) + x] = in[from + (column + c) * p.column_in + row + x];
    }
    __syncthreads();
    for (int r = y; r < kTile && row + r < p.rows; r += kTileRows) {
      if (column + x < p.columns) out[to + (row + r) * p.row_out + column + x] = tile[x * (kTile + 1) + r];
    }
    __syncthreads();
  }
}

template <class T>
__global__ void fill_kernel(T* out, T value, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) out[i] = value;
}

template <class T>
__global__ void iota_kernel(T* out, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) out[i] = counted<T>(i);
}

// The number of neighbors that move as one piece of at most 16 bytes: runs on both sides that stay aligned.
std::int64_t pieces_merged(const Strided& s, std::int64_t element_bytes, const void* out, const void* in) {
  const int last = s.rank - 1;
  if (s.in[last] != 1 || s.out[last] != 1) return 1;
  std::int64_t merged = 16 / element_bytes;
  const auto fits = [&](std::int64_t steps) { return steps % merged == 0; };
  const auto aligned = [&](const void* address) {
    return reinterpret_cast<std::uintptr_t>(address) % static_cast<std::uintptr_t>(merged * element_bytes) == 0;
  };
  for (; merged > 1; merged /= 2) {
    bool all = fits(s.size[last]) && fits(s.in_offset) && fits(s.out_offset) && aligned(out) && aligned(in);
    for (int k = 0; k < last; ++k) all = all && fits(s.in[k]) && fits(s.out[k]);
    if (all) break;
  }
  return merged;
}

Strided with_merged(Strided s, std::int64_t merged) {
  s.size[s.rank - 1] /= merged;
  s.in_offset /= merged;
  s.out_offset /= merged;
  for (int k = 0; k < s.rank - 1; ++k) {
    s.in[k] /= merged;
    s.out[k] /= merged;
  }
  return s;
}

template <class T>
void launch_strided(const Strided& s, void* out, const void* in, const Call& call) {
  const std::int64_t n = s.count();
  cuda::launch(strided_kernel<T>, grid_for(n), dim3(kThreads), 0, call, s, static_cast<T*>(out),
               static_cast<const T*>(in), n);
}

void launch_transpose(const Strided& s, int axis, std::size_t element_bytes, void* out, const void* in,
                      const Call& call) {
  const int last = s.rank - 1;
  const Strided around = s.around(axis);
  const Planes p{around, around.count(), s.size[axis], s.out[axis], s.size[last], s.in[last]};
  const std::int64_t tiles = p.count * ((p.rows + kTile - 1) / kTile) * ((p.columns + kTile - 1) / kTile);
  const dim3 grid(static_cast<unsigned>(std::min(tiles, kTileBlocks)));
  with_size(element_bytes, [&]<class T>(std::type_identity<T>) {
    cuda::launch(transpose_kernel<T>, grid, dim3(kTile, kTileRows), 0, call, p, static_cast<T*>(out),
                 static_cast<const T*>(in));
  });
}

void copy_strided(const Strided& s, std::size_t element_bytes, void* out, const void* in, const Call& call) {
  const std::int64_t n = s.count();
  if (n == 0) return;
  const int axis = s.transposed_axis();
  if (axis >= 0 && s.size[axis] >= kTile / 2 && s.size[s.rank - 1] >= kTile / 2) {
    launch_transpose(s, axis, element_bytes, out, in, call);
    return;
  }
  const std::int64_t merged = pieces_merged(s, static_cast<std::int64_t>(element_bytes), out, in);
  const Strided wide = with_merged(s, merged);
  const std::size_t width = element_bytes * static_cast<std::size_t>(merged);
  if (width == 16) {
    launch_strided<uint4>(wide, out, in, call);
  } else {
    with_size(width, [&]<class T>(std::type_identity<T>) { launch_strided<T>(wide, out, in, call); });
  }
}

}  // namespace

exec::PreparedKernel prepare_movement_cuda(const exec::KernelRequest& request) {
  const Movement movement = movement_of(request);
  const std::size_t element_bytes = size_of(request.outputs[0].dtype);
  return {[movement, element_bytes](const Call& call) {
    void* out = call.outputs[0].data;
    const auto bytes = static_cast<std::size_t>(call.outputs[0].spec.bytes());
    if (movement.zero_first && bytes > 0) WEFT_CUDA(cudaMemsetAsync(out, 0, bytes, cuda::stream(call)));
    const auto size = static_cast<std::int64_t>(element_bytes);
    const auto place = [&](std::int64_t element) { return static_cast<char*>(out) + element * size; };
    RunLauncher runs(call);
    for (std::size_t i = 0; i < movement.copies.size(); ++i) {
      const Strided& copy = movement.copies[i];
      const void* in = call.inputs[movement.input_of(i)].data;
      if (copy.is_there(out, in, element_bytes)) continue;
      if (copy.dense()) {
        runs.add({static_cast<const char*>(in) + copy.in_offset * size, place(copy.out_offset), copy.count() * size});
      } else {
        copy_strided(copy, element_bytes, out, in, call);
      }
    }
    for (const Run& gap : movement.gaps) runs.add({nullptr, place(gap.begin), gap.count * size});
    runs.launch();
  }};
}

exec::PreparedKernel prepare_full_cuda(const exec::KernelRequest& request) {
  const std::uint64_t bits = fill_bits(request);
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, element = static_cast<T>(bits)](const Call& call) {
      cuda::launch(fill_kernel<T>, grid_for(n), dim3(kThreads), 0, call, cuda::data<T>(call.outputs[0]), element, n);
    }};
  });
}

exec::PreparedKernel prepare_iota_cuda(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_dtype(request.outputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n](const Call& call) {
      cuda::launch(iota_kernel<T>, grid_for(n), dim3(kThreads), 0, call, cuda::data<T>(call.outputs[0]), n);
    }};
  });
}

}  // namespace weft::kernels
