// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "kernels/sort/key.h"

// Elements of a line as they are sorted: by key, then by position, so that any sort of them is stable.
namespace weft::kernels {

// A key of at most 32 bits above a position of 32 bits.
class PackedEntry {
 public:
  using Key = std::uint32_t;
  static constexpr std::int64_t kFew = 96;  // entries of which each is compared with every other one
  PackedEntry() = default;
  PackedEntry(std::uint64_t key, std::int64_t place) : bits_(key << 32 | static_cast<std::uint64_t>(place)) {}
  std::uint64_t key() const { return bits_ >> 32; }
  std::int64_t place() const { return static_cast<std::int64_t>(bits_ & 0xffffffffu); }
  bool operator<(const PackedEntry& other) const { return bits_ < other.bits_; }

 private:
  std::uint64_t bits_;
};

// Any key and position.
class WideEntry {
 public:
  using Key = std::uint64_t;
  static constexpr std::int64_t kFew = 32;
  WideEntry() = default;
  WideEntry(std::uint64_t key, std::int64_t place) : key_(key), place_(place) {}
  std::uint64_t key() const { return key_; }
  std::int64_t place() const { return place_; }
  bool operator<(const WideEntry& other) const {
    return key_ != other.key_ ? key_ < other.key_ : place_ < other.place_;
  }

 private:
  std::uint64_t key_;
  std::int64_t place_;
};

// Calls f(std::type_identity<Entry>) with the smaller entry that holds elements of T and positions below n.
template <class T, class F>
decltype(auto) with_entry(std::int64_t n, F&& f) {
  if constexpr (sizeof(T) <= 4) {
    if (n <= std::numeric_limits<std::uint32_t>::max()) return f(std::type_identity<PackedEntry>{});
  }
  return f(std::type_identity<WideEntry>{});
}

inline constexpr std::int64_t kManyEntries = 4096;  // which are worth counters for digits of 11 bits

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

// Deals entries out by a digit of the key at a time, the lowest digit first; digits that all keys share are left out.
template <int bits, class Entry>
const Entry* sort_by_digits(Entry* entries, Entry* spare, std::int64_t n) {
  constexpr std::uint64_t kLast = (1u << bits) - 1;
  std::uint64_t different = 0;
  for (std::int64_t j = 0; j < n; ++j) different |= entries[j].key() ^ entries[0].key();
  for (int shift = 0; shift < std::numeric_limits<typename Entry::Key>::digits; shift += bits) {
    if ((different >> shift & kLast) == 0) continue;
    std::array<std::int64_t, kLast + 1> places{};
    for (std::int64_t j = 0; j < n; ++j) ++places[entries[j].key() >> shift & kLast];
    std::int64_t before = 0;
    for (std::int64_t& place : places) before += std::exchange(place, before);
    for (std::int64_t j = 0; j < n; ++j) spare[places[entries[j].key() >> shift & kLast]++] = entries[j];
    std::swap(entries, spare);
  }
  return entries;
}

// Sorts n entries, given in the order of their positions. Gives the sorted ones, in `entries` or in `spare`, which has
// as much space.
template <class Entry>
const Entry* sort_entries(Entry* entries, Entry* spare, std::int64_t n) {
  if (n > Entry::kFew)
    return n < kManyEntries ? sort_by_digits<8>(entries, spare, n) : sort_by_digits<11>(entries, spare, n);
  place_by_rank(entries, spare, n);
  return spare;
}

}  // namespace weft::kernels
