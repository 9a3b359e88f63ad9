// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "kernels/sort/entries.h"

// Sorts entries on one thread: by ranks, by moving them, by digits from the lowest one up, or by the highest digit
// first and then each part for itself, so that parts without a wanted rank are left out and others lie in the cache.
namespace weft::kernels {

inline constexpr std::int64_t kManyEntries = 4096;  // which are worth counters for digits of 11 bits
inline constexpr int kLowBits = 33;                 // sorted from the lowest digit up

// Puts every entry behind those that stand before it. Nothing branches on a comparison, because half of the guesses
// would be wrong.
template <class Entry>
void place_by_rank(const Entry* entries, Entry* to, std::int64_t n) {
  using Key = typename Entry::Key;
  std::array<Key, Entry::kFew> keys, ranks;
  for (std::int64_t i = 0; i < n; ++i) {
    const Key key = keys[static_cast<std::size_t>(i)] = static_cast<Key>(entries[i].key());
    Key rank = 0;
    for (std::size_t j = 0; j < static_cast<std::size_t>(i); ++j) {
      const Key before = keys[j] <= key ? 1 : 0;
      rank += before;
      ranks[j] += 1 - before;
    }
    ranks[static_cast<std::size_t>(i)] = rank;
  }
  for (std::int64_t i = 0; i < n; ++i) to[ranks[static_cast<std::size_t>(i)]] = entries[i];
}

// The ranks that are wanted of a sorted line.
struct Ranks {
  std::int64_t first = 0, end = 0;
};

inline constexpr std::int64_t kFewMoved = 16;

// Moves each entry to the front past those that stand behind it.
template <class Entry>
void move_into_order(Entry* entries, std::int64_t n) {
  for (std::int64_t i = 1; i < n; ++i) {
    const Entry entry = entries[i];
    std::int64_t j = i;
    for (; j > 0 && entry < entries[j - 1]; --j) entries[j] = entries[j - 1];
    entries[j] = entry;
  }
}

// The bits in which keys of n entries differ.
template <class Entry>
std::uint64_t different_bits(const Entry* entries, std::int64_t n) {
  std::uint64_t different = 0;
  for (std::int64_t j = 0; j < n; ++j) different |= entries[j].key() ^ entries[0].key();
  return different;
}

// Deals entries out by a digit of the key at a time, the lowest digit first; digits that all keys share are left out.
// True if the result lies in `spare`.
template <int bits, class Entry>
bool sort_by_digits(Entry* entries, Entry* spare, std::int64_t n, std::uint64_t different) {
  constexpr std::uint64_t kLast = (1u << bits) - 1;
  bool swapped = false;
  for (int shift = 0; shift < std::numeric_limits<typename Entry::Key>::digits; shift += bits) {
    if ((different >> shift & kLast) == 0) continue;
    std::array<std::int64_t, kLast + 1> places{};
    for (std::int64_t j = 0; j < n; ++j) ++places[entries[j].key() >> shift & kLast];
    std::int64_t before = 0;
    for (std::int64_t& place : places) before += std::exchange(place, before);
    for (std::int64_t j = 0; j < n; ++j) spare[places[entries[j].key() >> shift & kLast]++] = entries[j];
    std::swap(entries, spare);
    swapped = !swapped;
  }
  return swapped;
}

// The highest digit in which keys differ. An eighth as many values as entries keep the counters in the cache.
class HighDigit {
 public:
  static constexpr int kMostBits = 12;
  HighDigit(std::uint64_t different, std::int64_t n) {
    const int top = 64 - std::countl_zero(different), wanted = 61 - std::countl_zero(static_cast<std::uint64_t>(n));
    bits_ = std::min({kMostBits, top, std::max(3, wanted)});
    shift_ = top - bits_;
  }
  std::size_t values() const { return std::size_t{1} << bits_; }
  std::size_t of(std::uint64_t key) const { return static_cast<std::size_t>(key >> shift_) & (values() - 1); }

 private:
  int bits_, shift_;
};

template <class Entry>
void sort_ranks(Entry* from, Entry* spare, std::int64_t n, Ranks wanted, bool swapped);

// sort_ranks() for the entries [begin, end) of a line, if one of their ranks is wanted.
template <class Entry>
void sort_part(Entry* from, Entry* spare, std::int64_t begin, std::int64_t end, Ranks wanted, bool swapped) {
  if (begin == end || wanted.first >= end || wanted.end <= begin) return;
  if (end - begin > kFewMoved)
    return sort_ranks(from + begin, spare + begin, end - begin, {wanted.first - begin, wanted.end - begin}, swapped);
  move_into_order(from + begin, end - begin);
  if (swapped) std::copy(from + begin, from + end, spare + begin);
}

// Puts the wanted ranks of n entries, which are given in the order of their positions, in order: in `from`, or in
// `spare` if `swapped`. Other ranks are left undefined.
template <class Entry>
void sort_ranks(Entry* from, Entry* spare, std::int64_t n, Ranks wanted, bool swapped) {
  const auto leave = [&](bool in_spare) {
    if (in_spare != swapped) std::copy_n(in_spare ? spare : from, n, in_spare ? from : spare);
  };
  if (n <= Entry::kFew) {
    place_by_rank(from, spare, n);
    return leave(true);
  }
  const std::uint64_t different = different_bits(from, n);
  if (different == 0) return leave(false);
  if (wanted.first <= 0 && wanted.end >= n && (different >> kLowBits) == 0) {
    return leave(n < kManyEntries ? sort_by_digits<8>(from, spare, n, different)
                                  : sort_by_digits<11>(from, spare, n, different));
  }
  const HighDigit digit(different, n);
  std::array<std::int64_t, std::size_t{1} << HighDigit::kMostBits> ends;
  std::fill_n(ends.begin(), digit.values(), 0);
  for (std::int64_t j = 0; j < n; ++j) ++ends[digit.of(from[j].key())];
  std::int64_t before = 0;
  for (std::size_t v = 0; v < digit.values(); ++v) before += std::exchange(ends[v], before);
  for (std::int64_t j = 0; j < n; ++j) spare[ends[digit.of(from[j].key())]++] = from[j];
  for (std::size_t v = 0; v < digit.values(); ++v)
    sort_part(spare, from, v == 0 ? 0 : ends[v - 1], ends[v], wanted, !swapped);
}

}  // namespace weft::kernels
