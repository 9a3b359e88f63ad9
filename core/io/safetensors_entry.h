// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/safetensors_header.h"

namespace weft::detail {

// The header's fields of one tensor, those that have been read.
struct RawEntry {
  std::optional<std::string> dtype{};
  std::optional<std::vector<std::uint64_t>> shape{}, offsets{};
};

// Throws FormatError naming the file, and the tensor where one is given.
struct SafetensorsFault {
  const std::string& file;
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void fail(std::string_view tensor, const std::string& message) const;
};

// The entry that the header describes. FormatError for a field that is missing, and for bytes that do not fit the
// shape; a type that the format does not have leaves the second unchecked.
SafetensorsEntry checked_entry(std::string name, RawEntry raw, const SafetensorsFault& fault);

// Brings entries into the order of their bytes. FormatError for overlaps, for gaps, and unless they end at
// `data_bytes`.
void check_layout(std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes, const SafetensorsFault& fault);

}  // namespace weft::detail
