// SPDX-License-Identifier: Apache-2.0
#include "kernels/sort/cuda_sort.h"

#if !defined(WEFT_CUDA_EMULATED)
#include <thrust/execution_policy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/scan.h>
#include <thrust/sort.h>
#include <thrust/system_error.h>

#include <algorithm>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <new>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "weft/cuda.h"

namespace weft::kernels {
namespace {

// Allocator of Thrust's temporary memory in the workspace, because Thrust would call cudaMalloc otherwise. One
// algorithm runs at a time and returns its memory, so each begins at the start again.
class Workspace {
 public:
  using value_type = char;

  Workspace(void* begin, std::size_t bytes) : begin_(static_cast<char*>(begin)), bytes_(bytes) {}
  char* allocate(std::ptrdiff_t bytes) {
    const std::size_t wanted = (static_cast<std::size_t>(bytes) + 255) / 256 * 256;
    if (wanted > bytes_ - used_) throw std::bad_alloc();
    char* const out = begin_ + used_;
    used_ += wanted;
    ++held_;
    return out;
  }
  void deallocate(char*, std::size_t) {
    if (--held_ == 0) used_ = 0;
  }

 private:
  char* begin_;
  std::size_t bytes_, used_ = 0;
  int held_ = 0;
};

// 1 where a new key starts.
struct Starts {
  const std::uint64_t* keys;
  __device__ std::int64_t operator()(std::int64_t i) const { return i == 0 || keys[i] != keys[i - 1] ? 1 : 0; }
};

}  // namespace

// Bytes of Thrust's temporary memory, by its parts, because Thrust has no way to ask. A sort holds a copy of both
// arrays.
std::size_t group_scratch_bytes(std::int64_t n, int device) {
  const cuda_backend::CurrentDevice current(device);
  constexpr std::size_t kSlack = 4096;  // it aligns its pieces
  const std::size_t arrays = 2 * static_cast<std::size_t>(n) * sizeof(std::int64_t);
  std::size_t sort = 0, scan = 0;
  cub::DoubleBuffer<std::uint64_t> keys;
  cub::DoubleBuffer<std::int64_t> places;
  WEFT_CUDA(cub::DeviceRadixSort::SortPairs(nullptr, sort, keys, places, n, 0, 64));
  WEFT_CUDA(cub::DeviceScan::InclusiveSum(nullptr, scan, places.Current(), places.Current(), n));
  return std::max(arrays + sort, scan) + kSlack;
}

void group_pairs(Pairs pairs, std::int64_t* groups, std::int64_t n, void* scratch, std::size_t scratch_bytes,
                 const Call& call) {
  const cuda_backend::CurrentDevice current(call.device);
  Workspace workspace(scratch, scratch_bytes);
  const auto policy = thrust::cuda::par_nosync(workspace).on(cuda::stream(call));
  const auto starts = thrust::make_transform_iterator(thrust::counting_iterator<std::int64_t>(0), Starts{pairs.keys});
  try {
    thrust::stable_sort_by_key(policy, pairs.keys, pairs.keys + n, pairs.places);
    thrust::inclusive_scan(policy, starts, starts + n, groups);
  } catch (const thrust::system_error& error) {
    throw DeviceError("unique", "", error.what());
  }
}

}  // namespace weft::kernels
#endif
