// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "core/io/descriptor.h"

namespace weft::detail {

// The new content of a file; every writer of the library goes through it. A regular file appears complete or not at
// all: it is written beside its place, synced, then renamed; without commit() nothing has changed. Links are followed,
// and owner and permissions of a file that is replaced stay. Devices and pipes are written to and never replaced.
// FormatErrors carry `format` and the path.
class FileWriter {
 public:
  FileWriter(std::filesystem::path path, std::string format);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(const void* data, std::size_t bytes);
  void commit();

 private:
  void open_beside();
  [[noreturn]] void fail(const char* what) const { fail_errno(path_, format_, what); }
  std::filesystem::path path_;
  std::filesystem::path target_;                    // the path with links followed
  std::optional<std::filesystem::path> temporary_;  // beside the target; none where that is written in place
  std::string format_;
  Descriptor file_;
};

}  // namespace weft::detail
