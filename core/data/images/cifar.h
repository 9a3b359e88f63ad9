// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::detail {

// A record of CIFAR's binary files: labels, of which the last counts, then planes of red, green and blue.
struct CifarRecord {
  std::string op;  // of errors
  std::size_t classes, labels;

  static constexpr std::size_t kSide = 32, kPixelBytes = 3 * kSide * kSide;
  std::size_t bytes() const { return labels + kPixelBytes; }
  // Number of records in a file of so many bytes. FormatError unless whole ones, and one at least.
  std::size_t count(std::uint64_t file_bytes, const std::string& file) const;
};

// Appends labels, and puts pixels (records, 32, 32, 3). FormatError for a label that is no class.
void parse_cifar(std::span<const std::byte> records, const std::string& file, const CifarRecord& record,
                 std::byte* pixels, std::vector<std::int64_t>& labels);
// Names of the classes, one a line. FormatError unless there is one for each class.
std::vector<std::string> parse_cifar_names(std::string_view text, const std::string& file, const CifarRecord& record);

}  // namespace weft::detail
