// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace weft::kernels {

// FNV-1a, 64 bits.
std::uint64_t content_hash(std::string_view bytes);

// Folder of compiled kernels: $WEFT_CACHE_DIR, else weft/ in $XDG_CACHE_HOME or ~/.cache; empty where none is set.
std::filesystem::path kernel_cache_folder();

// A folder with a file for each key. Files appear whole, by renaming, so that any number of processes may use it; one
// that is damaged, or belongs to another key of the same hash, counts as missing and is written anew.
class KernelCache {
 public:
  // An empty path keeps nothing.
  explicit KernelCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> read(const std::string& key) const;
  // A folder that cannot be written to keeps nothing, and that is no error.
  void write(const std::string& key, const std::string& content) const;
  std::filesystem::path file_of(const std::string& key) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace weft::kernels
