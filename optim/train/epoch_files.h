// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace weft::detail {

// directory/epoch-0001.safetensors
std::filesystem::path epoch_file(const std::filesystem::path& directory, std::int64_t epoch);
// The file of the latest epoch for a directory, none if it has no such file; every other path stands for itself.
// FormatError for a directory that cannot be read.
std::optional<std::filesystem::path> latest_checkpoint(const std::filesystem::path& path);

}  // namespace weft::detail
