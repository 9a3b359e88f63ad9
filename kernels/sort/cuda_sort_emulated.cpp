// SPDX-License-Identifier: Apache-2.0
#include "kernels/sort/cuda_sort.h"

#if defined(WEFT_CUDA_EMULATED)
#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
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

__global__ void group_kernel(Pairs pairs, std::int64_t* groups, std::int64_t n) {
  std::vector<std::pair<std::uint64_t, std::int64_t>> sorted;
  for (std::int64_t i = 0; i < n; ++i) sorted.emplace_back(pairs.keys[i], pairs.places[i]);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::set<std::uint64_t> met;
  for (const auto& [key, place] : sorted) {
    met.insert(key);
    *pairs.keys++ = key;
    *pairs.places++ = place;
    *groups++ = static_cast<std::int64_t>(met.size());
  }
}

}  // namespace

std::size_t sort_scratch_bytes(std::int64_t, int) { return 0; }

Pairs sort_pairs(Pairs from, Pairs spare, std::int64_t n, int bits, void*, std::size_t, const Call& call) {
  const std::uint64_t mask = bits < 64 ? (std::uint64_t{1} << bits) - 1 : ~std::uint64_t{0};
  cuda::launch(sort_pairs_kernel, dim3(1), dim3(1), 0, call, from, spare, n, mask);
  return spare;
}

std::size_t group_scratch_bytes(std::int64_t, int) { return 0; }

void group_pairs(Pairs pairs, std::int64_t* groups, std::int64_t n, void*, std::size_t, const Call& call) {
  cuda::launch(group_kernel, dim3(1), dim3(1), 0, call, pairs, groups, n);
}

}  // namespace weft::kernels
#endif
