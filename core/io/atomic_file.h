// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

namespace weft::detail {

// A file that appears complete or not at all: written beside its place, synced, then renamed. Without commit() nothing
// is left behind. FormatErrors carry `format` and the path.
class AtomicFile {
 public:
  AtomicFile(std::filesystem::path path, std::string format);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  std::filesystem::path path_, temporary_;
  std::string format_;
  int descriptor_ = -1;
};

}  // namespace weft::detail
