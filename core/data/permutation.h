// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace weft::detail {

// 0, ..., n - 1 in an order that depends on (n, seed, stream) alone, on every platform: Fisher-Yates over
// Draws.
std::vector<std::int64_t> permutation(std::int64_t n, std::uint64_t seed, std::uint64_t stream);

// n indices of weights, each drawn by a chance in proportion to its weight, from the same numbers. The weights are not
// negative and not all 0.
std::vector<std::int64_t> weighted_draws(const std::vector<double>& weights, std::int64_t n, std::uint64_t seed,
                                         std::uint64_t stream);

// A seed for draws that belong to these rows in an epoch.
std::uint64_t key_of_rows(std::uint64_t seed, std::int64_t epoch, std::span<const std::int64_t> rows);

}  // namespace weft::detail
