// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace weft::detail {

// Random numbers that depend on (seed, stream) alone, on every platform: counted SplitMix64 (Steele et al. 2014).
class Draws {
 public:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ull;
  static constexpr std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  Draws(std::uint64_t seed, std::uint64_t stream) : state_(mixed(mixed(seed + kGolden) + stream)) {}

  // A number in [0, bound) without bias: the high half of a product, redrawn for the remainders that would favor some
  // numbers (Lemire 2019).
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t reject = (0 - bound) % bound;
    while (true) {
      const auto product = static_cast<unsigned __int128>(next()) * bound;
      if (static_cast<std::uint64_t>(product) >= reject) return static_cast<std::uint64_t>(product >> 64);
    }
  }
  // A number in [0, 1).
  double share() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // A number in [low, high).
  double between(double low, double high) { return low + share() * (high - low); }

 private:
  std::uint64_t next() { return mixed(state_ += kGolden); }
  std::uint64_t state_;
};

}  // namespace weft::detail
