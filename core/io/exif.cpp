// SPDX-License-Identifier: Apache-2.0
#include "core/io/exif.h"

#include <cstddef>
#include <cstdint>

namespace weft::detail {
namespace {

// Numbers of 2 and 4 bytes in the data's byte order; 0 beyond its end.
struct Numbers {
  std::span<const unsigned char> bytes;
  bool big_endian;

  std::uint32_t at(std::size_t place, std::size_t size) const {
    if (place > bytes.size() || bytes.size() - place < size) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[place + (big_endian ? i : size - 1 - i)];
    return value;
  }
};

}  // namespace

int exif_orientation(std::span<const unsigned char> tiff) {
  constexpr std::size_t kEntryBytes = 12;
  constexpr std::uint32_t kVersion = 42, kOrientation = 0x0112, kShort = 3;
  if (tiff.size() < 8 || tiff[0] != tiff[1] || (tiff[0] != 'I' && tiff[0] != 'M')) return 1;
  const Numbers numbers{tiff, tiff[0] == 'M'};
  if (numbers.at(2, 2) != kVersion) return 1;
  const std::size_t directory = numbers.at(4, 4), entries = numbers.at(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (numbers.at(entry, 2) != kOrientation) continue;
    const std::uint32_t value = numbers.at(entry + 8, 2);
    return numbers.at(entry + 2, 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace weft::detail
