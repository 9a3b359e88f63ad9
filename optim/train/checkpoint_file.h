// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weft/checkpoint.h"

namespace weft::detail {

using NamedTensors = std::map<std::string, Tensor>;

// The values of a checkpoint file, checked against the entries that they are for and not yet written to them.
struct CheckpointValues {
  std::vector<std::optional<Tensor>> entries;  // none: the file is from before the entry was saved
  NamedTensors open;                           // by what follows the prefix of open names
};

Saved saved_variable(std::string name, const Variable& variable);
// Adds the entries of the thing at a position, as "2/epoch".
void add_entries(std::vector<Saved>& to, std::size_t position, std::vector<Saved> entries);
// Writes one file of entries, and of open values under `prefix`, whose names and shapes the file alone knows.
void write_checkpoint(const std::filesystem::path& path, const std::vector<Saved>& entries, std::string_view prefix,
                      const NamedTensors& open);
// Reads a file and changes nothing. None if there is no such file. FormatError, ShapeError or DTypeError if the file
// and the entries differ; an empty prefix allows no open names.
std::optional<CheckpointValues> read_checkpoint(const std::filesystem::path& path, const std::vector<Saved>& entries,
                                                std::string_view prefix);
void restore(const std::vector<Saved>& entries, const CheckpointValues& values);

}  // namespace weft::detail
