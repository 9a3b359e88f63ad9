// SPDX-License-Identifier: Apache-2.0
#include "kernels/sort/cuda_sort.h"

#if defined(WEFT_CUDA_EMULATED)
#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

__global__ void sort_pairs_kernel(Pairs from, Pairs to, std::int64_t n, std::uint64_t mask) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return (from.keys[a] & mask) < (from.keys[b] & mask); });
  for (std::size_t i = 0; i < order.size(); ++i) {
    to.keys[i] = from.keys[order[i]];
    to.places[i] = from.places[order[i]];
  }
}

__global__ void running_sum_kernel(const std::int64_t* from, std::int64_t* to, std::int64_t n) {
  std::partial_sum(from, from + n, to);
}

}  // namespace

std::size_t sort_scratch_bytes(std::int64_t, int) { return 0; }

Pairs sort_pairs(Pairs from, Pairs spare, std::int64_t n, int bits, void*, std::size_t, const Call& call) {
  const std::uint64_t mask = bits < 64 ? (std::uint64_t{1} << bits) - 1 : ~std::uint64_t{0};
  cuda::launch(sort_pairs_kernel, dim3(1), dim3(1), 0, call, from, spare, n, mask);
  return spare;
}

void running_sum(const std::int64_t* from, std::int64_t* to, std::int64_t n, void*, std::size_t, const Call& call) {
  cuda::launch(running_sum_kernel, dim3(1), dim3(1), 0, call, from, to, n);
}

}  // namespace weft::kernels
#endif
