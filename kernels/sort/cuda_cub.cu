// SPDX-License-Identifier: Apache-2.0
#include "kernels/sort/cuda_sort.h"

#if !defined(WEFT_CUDA_EMULATED)
#include <cub/device/device_radix_sort.cuh>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "weft/cuda.h"

namespace weft::kernels {

std::size_t sort_scratch_bytes(std::int64_t n, int device) {
  const cuda_backend::CurrentDevice current(device);
  std::size_t bytes = 0;
  cub::DoubleBuffer<std::uint64_t> keys;
  cub::DoubleBuffer<std::int64_t> places;
  WEFT_CUDA(cub::DeviceRadixSort::SortPairs(nullptr, bytes, keys, places, n, 0, 64));
  return bytes;
}

Pairs sort_pairs(Pairs from, Pairs spare, std::int64_t n, int bits, void* scratch, std::size_t scratch_bytes,
                 const Call& call) {
  const cuda_backend::CurrentDevice current(call.device);
  cub::DoubleBuffer<std::uint64_t> keys(from.keys, spare.keys);
  cub::DoubleBuffer<std::int64_t> places(from.places, spare.places);
  WEFT_CUDA(cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, keys, places, n, 0, bits, cuda::stream(call)));
  return {keys.Current(), places.Current()};
}

}  // namespace weft::kernels
#endif
