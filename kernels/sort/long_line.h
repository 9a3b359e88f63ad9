// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>

#include "core/device/thread_pool.h"
#include "kernels/sort/ranks.h"

// Sorts a long line on the threads of the pool. An order by key and position is unique, so that bits depend on neither
// the threads nor the pieces.
namespace weft::kernels {

// A line so long that several threads sort it, each a piece, with counters of its own.
inline constexpr std::int64_t kLongLine = 1 << 16;
inline constexpr std::int64_t kPieces = 8;
inline constexpr std::size_t kLongLineBytes = (kPieces * sizeof(std::int64_t)) << HighDigit::kMostBits;

// sort_ranks() of a long line on the threads of the pool: each counts and deals out a piece of the line. `make(j)`
// gives the entry at position j.
template <class Entry, class Make>
void sort_long_line(Entry* entries, Entry* spare, std::int64_t n, Ranks wanted, std::int64_t* counts,
                    const Make& make) {
  const auto in_pieces = [n](const auto& body) {
    parallel_chunks(kPieces, [&](std::int64_t piece) {
      const std::int64_t end = n / kPieces * (piece + 1) + (piece + 1 == kPieces ? n % kPieces : 0);
      body(piece, n / kPieces * piece, end);
    });
  };
  std::array<std::uint64_t, kPieces> differences;
  const std::uint64_t first = make(0).key();
  in_pieces([&](std::int64_t piece, std::int64_t begin, std::int64_t end) {
    std::uint64_t different = 0;
    for (std::int64_t j = begin; j < end; ++j) different |= (entries[j] = make(j)).key() ^ first;
    differences[static_cast<std::size_t>(piece)] = different;
  });
  const std::uint64_t different =
      std::accumulate(differences.begin(), differences.end(), std::uint64_t{0}, std::bit_or<>());
  if (different == 0) return;
  const HighDigit digit(different, n);
  const auto values = static_cast<std::int64_t>(digit.values());
  in_pieces([&](std::int64_t piece, std::int64_t begin, std::int64_t end) {
    std::int64_t* own = counts + piece * values;
    std::fill_n(own, values, 0);
    for (std::int64_t j = begin; j < end; ++j) ++own[digit.of(entries[j].key())];
  });
  std::int64_t before = 0;
  for (std::int64_t v = 0; v < values; ++v)
    for (std::int64_t piece = 0; piece < kPieces; ++piece) before += std::exchange(counts[piece * values + v], before);
  in_pieces([&](std::int64_t piece, std::int64_t begin, std::int64_t end) {
    std::int64_t* own = counts + piece * values;
    for (std::int64_t j = begin; j < end; ++j) spare[own[digit.of(entries[j].key())]++] = entries[j];
  });
  const std::int64_t* ends = counts + (kPieces - 1) * values;
  // A value's entries belong to the piece in which they begin.
  in_pieces([&](std::int64_t /*piece*/, std::int64_t begin, std::int64_t end) {
    for (std::int64_t v = 0; v < values; ++v) {
      const std::int64_t at = v == 0 ? 0 : ends[v - 1];
      if (at >= begin && at < end) sort_part(spare, entries, at, ends[v], wanted, true);
    }
  });
}

}  // namespace weft::kernels
