// SPDX-License-Identifier: Apache-2.0
#include "core/data/permutation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/data/draws.h"

namespace weft::detail {

std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  Draws draws(seed, stream);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draws.below(i)]);
  return order;
}

std::vector<std::int64_t> weighted_draws(const std::vector<double>& weights, std::int64_t n, std::uint64_t seed,
                                         std::uint64_t stream) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  // The first place with the whole sum: no weight of 0 is drawn, whatever is rounded.
  const auto last = std::lower_bound(sums.begin(), sums.end(), sums.back());
  Draws draws(seed, stream);
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  for (std::int64_t& index : out)
    index = std::upper_bound(sums.begin(), last, draws.share() * sums.back()) - sums.begin();
  return out;
}

std::uint64_t key_of_rows(std::uint64_t seed, std::int64_t epoch, std::span<const std::int64_t> rows) {
  constexpr std::uint64_t kGolden = Draws::kGolden;
  std::uint64_t key = Draws::mixed(Draws::mixed(seed + kGolden) + static_cast<std::uint64_t>(epoch));
  for (const std::int64_t row : rows) key = Draws::mixed(key + kGolden + static_cast<std::uint64_t>(row));
  return key;
}

}  // namespace weft::detail
