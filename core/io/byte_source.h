// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace weft::detail {

// A source of bytes, from a file or from memory. Bytes that begin as gzip does are unpacked; zeros behind a gzip member
// are padding, as for gunzip. Errors are FormatErrors with the format's name and the file; archives that only look like
// the format wanted are refused by their name.
class ByteSource {
 public:
  ByteSource(const std::filesystem::path& path, std::string format);
  ByteSource(std::span<const unsigned char> memory, std::string name, std::string format);
  ~ByteSource();
  ByteSource(ByteSource&&) noexcept;

  // Fills `to` as far as there are bytes and returns how many there were; FormatError for damaged or cut off gzip data.
  std::size_t read(std::span<unsigned char> to);
  // Bytes that are to come, where that is known without unpacking; 0 elsewhere.
  std::uint64_t size_hint() const;
  // The file, or the name that was given.
  const std::string& name() const;
  [[noreturn]] void fail(const std::string& message) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::detail
