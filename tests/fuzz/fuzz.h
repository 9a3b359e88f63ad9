// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weft/error.h"

// Helpers of the fuzz programs. A typed error of weft is a right answer to any input; a crash, a finding of a
// sanitizer, another exception, or a require() that does not hold is a fault.
namespace weft::testing {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// Runs a reader. False where it refuses the input.
template <class F>
bool accepts(F reader) {
  try {
    reader();
    return true;
  } catch (const Error& error) {
    require(error.what()[0] != '\0');
    return false;
  }
}

inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes small numbers off the front of an input; zeros behind its end.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    T value{};
    for (std::size_t i = 0; i < sizeof(T) && !bytes_.empty(); ++i, bytes_ = bytes_.subspan(1))
      value = static_cast<T>(value | static_cast<T>(std::uint64_t{bytes_[0]} << (8 * i)));
    return value;
  }
  std::span<const std::uint8_t> rest() const { return bytes_; }

 private:
  std::span<const std::uint8_t> bytes_;
};

// A regular file without a disk.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(::memfd_create("fuzz", 0)) { require(descriptor_ >= 0); }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void fill(std::span<const std::uint8_t> bytes) const {
    require(::ftruncate(descriptor_, static_cast<off_t>(bytes.size())) == 0);
    require(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace weft::testing

// The call that libFuzzer makes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
