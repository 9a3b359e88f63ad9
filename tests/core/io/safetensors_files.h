// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace weft::testing {

// A safetensors file by hand: length, header, bytes.
inline std::string file_of(const std::string& header, const std::string& data) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8 * i));
  return out + header + data;
}

// A header with one tensor, "a".
inline std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
}

}  // namespace weft::testing
