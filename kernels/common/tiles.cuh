// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "kernels/common/grid.cuh"
#include "weft/cuda_kernel.h"

// Rows of neighboring elements, where all elements of a row need something that is found once: by tiles of a few rows,
// or of a part of a long one, a thread block each.
namespace weft::kernels {

inline constexpr std::int64_t kTileElements = 4096, kTileRows = 32;

__host__ __device__ inline std::int64_t tile_elements(std::int64_t inner) {
  return kTileRows * inner < kTileElements ? kTileRows * inner : kTileElements;
}

// Above the cap the blocks go round.
inline dim3 grid_for_tiles(std::int64_t rows, std::int64_t inner) {
  if (rows * inner == 0) return dim3(0);
  const std::int64_t tile = tile_elements(inner);
  return dim3(static_cast<unsigned>(std::min<std::int64_t>((rows * inner + tile - 1) / tile, 1 << 16)));
}

// Calls body(found, element, column) for all elements of `rows` rows of `inner`, where found = find(row); Found is a
// type without a constructor. All threads of the block must call it.
template <class Found, class Find, class Body>
__device__ void for_tiles(std::int64_t rows, std::int64_t inner, const Find& find, const Body& body) {
  WEFT_SHARED_ARRAY(Found, found, kTileRows + 2);
  const std::int64_t elements = rows * inner, tile = tile_elements(inner);
  for (std::int64_t start = std::int64_t{blockIdx.x} * tile; start < elements;
       start += std::int64_t{gridDim.x} * tile) {
    const std::int64_t end = start + tile < elements ? start + tile : elements;
    const std::int64_t first = start / inner, last = (end - 1) / inner;
    __syncthreads();  // the rows may still be read from the last time
    if (threadIdx.x <= last - first) found[threadIdx.x] = find(first + threadIdx.x);
    __syncthreads();
    const std::int64_t skipped = start - first * inner;
    for (std::int64_t i = start + threadIdx.x; i < end; i += kThreads) {
      const std::int64_t at = skipped + (i - start);
      // A division of 32 bits; parts of long rows are of two rows at most.
      const std::int32_t row = inner < kTileElements ? static_cast<std::int32_t>(at) / static_cast<std::int32_t>(inner)
                                                     : static_cast<std::int32_t>(at >= inner);
      body(found[row], i, at - row * inner);
    }
  }
}

}  // namespace weft::kernels
