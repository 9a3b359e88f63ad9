// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace weft::detail {

// An open file of the system, closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  // False where the system reports an error that belongs to earlier writes.
  bool close();

 private:
  int number_;
};

// Kinds of files that a reader takes: some must know the size or jump about.
enum class FileKinds { kAny, kRegular };

// Opens a file for reading. FormatError with `format` and the path for a directory, for a path that names no file, and
// for what cannot be opened.
Descriptor open_to_read(const std::filesystem::path& path, const std::string& format, FileKinds kinds);

// FormatError for a path that is empty or has a NUL byte: the system would take the part in front of it for the whole.
void check_path(const std::filesystem::path& path, const std::string& format);

// FormatError with the path, `what` and the system's text for errno.
[[noreturn]] void fail_errno(const std::filesystem::path& path, const std::string& format, const std::string& what);

}  // namespace weft::detail
