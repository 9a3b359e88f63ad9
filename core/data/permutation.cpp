// SPDX-License-Identifier: Apache-2.0
#include "core/data/permutation.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace weft::detail {
namespace {

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ull;

std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// A number in [0, bound) without bias: the high half of a product, redrawn for the remainders that would favor some
// numbers (Lemire 2019).
std::uint64_t below(std::uint64_t bound, std::uint64_t& state) {
  const std::uint64_t reject = (0 - bound) % bound;
  while (true) {
    state += kGolden;
    const auto product = static_cast<unsigned __int128>(mixed(state)) * bound;
    if (static_cast<std::uint64_t>(product) >= reject) return static_cast<std::uint64_t>(product >> 64);
  }
}

}  // namespace

std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::uint64_t state = mixed(mixed(seed + kGolden) + stream);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i, state)]);
  return order;
}

std::vector<std::int64_t> weighted_draws(const std::vector<double>& weights, std::int64_t n, std::uint64_t seed,
                                         std::uint64_t stream) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  // The first place with the whole sum: no weight of 0 is drawn, whatever is rounded.
  const auto last = std::lower_bound(sums.begin(), sums.end(), sums.back());
  std::uint64_t state = mixed(mixed(seed + kGolden) + stream);
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  for (std::int64_t& index : out) {
    state += kGolden;
    const double share = static_cast<double>(mixed(state) >> 11) * 0x1p-53;
    index = std::upper_bound(sums.begin(), last, share * sums.back()) - sums.begin();
  }
  return out;
}

std::uint64_t key_of_rows(std::uint64_t seed, std::int64_t epoch, std::span<const std::int64_t> rows) {
  std::uint64_t key = mixed(mixed(seed + kGolden) + static_cast<std::uint64_t>(epoch));
  for (const std::int64_t row : rows) key = mixed(key + kGolden + static_cast<std::uint64_t>(row));
  return key;
}

}  // namespace weft::detail
