// SPDX-License-Identifier: Apache-2.0
#include "kernels/sort/cuda_sort.h"

#if !defined(WEFT_CUDA_EMULATED)
#include <algorithm>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "weft/cuda.h"

namespace weft::kernels {

std::size_t sort_scratch_bytes(std::int64_t n, int device) {
  const cuda_backend::CurrentDevice current(device);
  std::size_t sort = 0, scan = 0;
  cub::DoubleBuffer<std::uint64_t> keys;
  cub::DoubleBuffer<std::int64_t> places;
  WEFT_CUDA(cub::DeviceRadixSort::SortPairs(nullptr, sort, keys, places, n, 0, 64));
  WEFT_CUDA(cub::DeviceScan::InclusiveSum(nullptr, scan, places.Current(), places.Current(), n));
  return std::max(sort, scan);
}

Pairs sort_pairs(Pairs from, Pairs spare, std::int64_t n, int bits, void* scratch, std::size_t scratch_bytes,
                 const Call& call) {
  const cuda_backend::CurrentDevice current(call.device);
  cub::DoubleBuffer<std::uint64_t> keys(from.keys, spare.keys);
  cub::DoubleBuffer<std::int64_t> places(from.places, spare.places);
  WEFT_CUDA(cub::DeviceRadixSort::SortPairs(scratch, scratch_bytes, keys, places, n, 0, bits, cuda::stream(call)));
  return {keys.Current(), places.Current()};
}

void running_sum(const std::int64_t* from, std::int64_t* to, std::int64_t n, void* scratch, std::size_t scratch_bytes,
                 const Call& call) {
  const cuda_backend::CurrentDevice current(call.device);
  WEFT_CUDA(cub::DeviceScan::InclusiveSum(scratch, scratch_bytes, from, to, n, cuda::stream(call)));
}

}  // namespace weft::kernels
#endif
