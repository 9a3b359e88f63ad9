// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/shape.h"

namespace weft::detail {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;                 // spelling of the file
  Shape shape;                       // sizes whose product fits
  std::optional<DType> known;        // none for an element type that weft lacks
  std::uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
};

inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

// The format's name for a type of weft's; weft's type for a name of the format.
const char* safetensors_name(DType dtype);
std::optional<DType> safetensors_dtype(std::string_view name);
// Bits of an element of the format's type, also where weft lacks it; none for a name that the format does not have.
std::optional<int> safetensors_bits(std::string_view name);

// Checks and reads the JSON part; `data_bytes` follow it in the file. FormatError naming `file`.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, const std::string& file);
// The JSON part, padded with spaces to a multiple of 8 bytes. ValueError naming `file`.
std::string write_safetensors_header(const SafetensorsHeader& header, const std::string& file);

}  // namespace weft::detail
