// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/io/descriptor.h"

namespace weft::detail {

// The bytes of a regular file that is read here and there, and mapped into memory where `map` says so. FormatErrors
// carry `format` and the path.
class FileBytes {
 public:
  FileBytes(std::filesystem::path path, std::string format, bool map);

  std::uint64_t size() const { return size_; }
  // Bytes [begin, begin + count) of the file, into memory of the caller's.
  void read(std::uint64_t begin, std::size_t count, void* to) const;
  // All bytes; null where the file is not mapped. The mapping lives as long as a pointer to it.
  const std::shared_ptr<const std::byte>& mapping() const { return mapping_; }
  // FormatError when the file has another size or time of change than at first.
  void check_unchanged() const;

 private:
  std::filesystem::path path_;
  std::string format_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  std::int64_t changed_ = 0;  // nanoseconds
  std::shared_ptr<const std::byte> mapping_;
};

}  // namespace weft::detail
