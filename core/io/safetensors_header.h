// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weft/shape.h"

namespace weft::detail {

struct SafetensorsEntry {
  std::string name;
  TensorSpec spec;
  std::uint64_t begin = 0, end = 0;  // bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  // in the order of their bytes
};

inline constexpr std::uint64_t kMaxSafetensorsHeader = 100'000'000;

// Checks and reads the JSON part; `data_bytes` follow it in the file. FormatError naming `file`.
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, const std::string& file);
// The JSON part, padded with spaces to a multiple of 8 bytes.
std::string write_safetensors_header(const SafetensorsHeader& header);

}  // namespace weft::detail
