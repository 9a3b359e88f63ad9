// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <limits>
#include <type_traits>

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

}  // namespace weft::kernels
