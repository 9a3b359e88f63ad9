// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Runs of elements that are copied, turned around or made equal, without a call where they are short.
namespace weft::kernels {

// Bytes from which memcpy is faster than copying in place.
inline constexpr std::int64_t kLongRun = 256;

// Calls put(bytes, i) so that blocks of `bytes` from element i on cover n elements; the last one may overlap the one
// before. The number of bytes is a constant, at most 16, because compilers keep such a block in a register.
template <std::size_t bytes, int together, class T, class Put>
inline void by_blocks_of(std::int64_t n, const Put& put) {
  constexpr std::int64_t step = bytes / sizeof(T);
  const auto some = [&](std::int64_t i) {
    for (int k = 0; k < together; ++k) put(std::integral_constant<std::size_t, bytes>{}, i + k * step);
  };
  for (std::int64_t i = 0; i < n - together * step; i += together * step) some(i);
  some(n - together * step);
}
template <class T, class Put>
inline void by_blocks(std::int64_t n, const Put& put) {
  const std::int64_t bytes = n * static_cast<std::int64_t>(sizeof(T));
  if (bytes >= 64) return by_blocks_of<16, 4, T>(n, put);
  if (bytes >= 16) return by_blocks_of<16, 1, T>(n, put);
  if (bytes >= 8) return by_blocks_of<8, 1, T>(n, put);
  if constexpr (sizeof(T) <= 4) {
    if (bytes >= 4) return by_blocks_of<4, 1, T>(n, put);
  }
  if constexpr (sizeof(T) <= 2) {
    if (bytes >= 2) return by_blocks_of<2, 1, T>(n, put);
  }
  if constexpr (sizeof(T) == 1) {
    if (bytes == 1) put(std::integral_constant<std::size_t, 1>{}, 0);
  }
}

// Copies n elements between places that do not overlap.
template <class T>
inline void copy_run(T* to, const T* from, std::int64_t n) {
  const std::int64_t bytes = n * static_cast<std::int64_t>(sizeof(T));
  if (bytes >= kLongRun) {
    std::memcpy(to, from, static_cast<std::size_t>(bytes));
  } else {
    by_blocks<T>(n, [&](auto block, std::int64_t i) { std::memcpy(to + i, from + i, block); });
  }
}

// Copies n elements in reverse order: to[i] = from[n - 1 - i].
template <class T>
inline void reverse_run(T* to, const T* from, std::int64_t n) {
  by_blocks<T>(n, [&](auto block, std::int64_t i) {
    constexpr std::size_t elements = block / sizeof(T);
    std::array<T, elements> read, turned;
    std::memcpy(read.data(), from + n - i - elements, block);
    for (std::size_t k = 0; k < elements; ++k) turned[k] = read[elements - 1 - k];
    std::memcpy(to + i, turned.data(), block);
  });
}

// True for zeros and others that memset can write.
template <class T>
inline bool has_equal_bytes(const T& element) {
  std::array<unsigned char, sizeof(T)> bytes;
  std::memcpy(bytes.data(), &element, sizeof(T));
  return std::all_of(bytes.begin(), bytes.end(), [&](unsigned char byte) { return byte == bytes[0]; });
}

// Makes n elements equal.
template <class T>
inline void fill_run(T* to, std::int64_t n, T element) {
  const std::int64_t bytes = n * static_cast<std::int64_t>(sizeof(T));
  if (bytes >= kLongRun && has_equal_bytes(element)) {
    unsigned char byte = 0;
    std::memcpy(&byte, &element, 1);
    std::memset(to, byte, static_cast<std::size_t>(bytes));
    return;
  }
  by_blocks<T>(n, [&](auto block, std::int64_t i) {
    std::array<T, block / sizeof(T)> equal;
    equal.fill(element);
    std::memcpy(to + i, equal.data(), block);
  });
}

}  // namespace weft::kernels
