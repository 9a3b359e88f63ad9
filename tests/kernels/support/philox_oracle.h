// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>

namespace weft::testing {

// Philox4x32-10 as the paper's round function is drawn, with 64-bit halves taken apart by division.
inline std::array<std::uint32_t, 4> philox_oracle(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  constexpr std::uint64_t kWord = std::uint64_t{1} << 32;
  for (std::uint32_t round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{c[0]} * 0xD2511F53u, p1 = std::uint64_t{c[2]} * 0xCD9E8D57u;
    const std::uint32_t k0 = k[0] + round * 0x9E3779B9u, k1 = k[1] + round * 0xBB67AE85u;
    c = {static_cast<std::uint32_t>(p1 / kWord) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1 % kWord),
         static_cast<std::uint32_t>(p0 / kWord) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0 % kWord)};
  }
  return c;
}

// The four words that a block of elements shares: the key schedule of weft's draws.
inline std::array<std::uint32_t, 4> draw_words(std::uint64_t seed, std::uint64_t call, std::int64_t ordinal,
                                               std::uint64_t block) {
  return philox_oracle({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                        static_cast<std::uint32_t>(ordinal), static_cast<std::uint32_t>(call)},
                       {static_cast<std::uint32_t>(seed),
                        static_cast<std::uint32_t>(seed >> 32) ^ static_cast<std::uint32_t>(call >> 32)});
}

}  // namespace weft::testing
