// SPDX-License-Identifier: Apache-2.0
#include "core/io/idx.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/io/host_memory.h"
#include "weft/detail/host_allocation.h"

namespace weft::data {
namespace {

using detail::ByteSource;

std::string hex(unsigned char byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
}

void read_exactly(ByteSource& source, std::span<unsigned char> to) {
  if (source.read(to) != to.size()) source.fail("the file ends within its header; fetch it again");
}

DType dtype_of_code(unsigned char code, const ByteSource& source) {
  switch (code) {
    case 0x08:
      return DType::kU8;
    case 0x0c:
      return DType::kI32;
    case 0x0d:
      return DType::kF32;
    case 0x0e:
      return DType::kF64;
    case 0x09:
    case 0x0b:
      source.fail("element type " + hex(code) + " (i8 or i16) is not supported; store it as i32");
    default:
      source.fail("element type " + hex(code) + " at byte 2 is none of IDX");
  }
}

TensorSpec read_header(ByteSource& source) {
  unsigned char magic[4];
  read_exactly(source, magic);
  if (magic[0] != 0 || magic[1] != 0) source.fail("this is no IDX file: the first two bytes must be 0");
  const DType dtype = dtype_of_code(magic[2], source);
  std::vector<std::int64_t> dims(magic[3]);
  // Bounded, so that neither the count nor its bytes overflow; such a file could not exist. A size of 0 hides no other,
  // because strides are products of sizes, too.
  constexpr std::int64_t kMost = std::int64_t{1} << 48;
  std::int64_t bound = 1;
  for (std::int64_t& d : dims) {
    unsigned char b[4];
    read_exactly(source, b);
    d = std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
    const std::int64_t factor = std::max<std::int64_t>(d, 1);
    if (bound > kMost / factor) source.fail("its header promises more elements than any file has");
    bound *= factor;
  }
  return {Shape(std::move(dims)), dtype};
}

}  // namespace

Tensor parse_idx(ByteSource source) {
  const TensorSpec spec = read_header(source);
  const auto wanted = static_cast<std::size_t>(spec.bytes());
  // Grown with what arrives: a header that lies does not allocate.
  auto bytes = std::make_shared<std::vector<unsigned char>>();
  constexpr std::size_t kChunk = 1 << 20;
  while (bytes->size() < wanted) {
    const std::size_t have = bytes->size(), step = std::min(kChunk, wanted - have);
    bytes->resize(have + step);
    const std::size_t n = source.read(std::span(*bytes).subspan(have));
    if (n < step)
      source.fail("the header promises " + spec.text() + ", " + std::to_string(wanted) + " bytes, " +
                  std::to_string(have + n) + " are there");
  }
  unsigned char surplus[1];
  if (source.read(surplus) != 0) source.fail("there are bytes after the " + spec.text() + " that the header promises");
  const std::size_t size = size_of(spec.dtype);
  for (std::size_t i = 0; size > 1 && i < wanted; i += size)  // stored big-endian
    std::reverse(bytes->begin() + static_cast<std::ptrdiff_t>(i),
                 bytes->begin() + static_cast<std::ptrdiff_t>(i + size));
  return detail::host_tensor(bytes->data(), spec, bytes);
}

Tensor read_idx(const std::filesystem::path& path) {
  return detail::allocating(
      "idx", 0, [&] { return parse_idx(ByteSource(path, "idx")); }, path.string());
}

}  // namespace weft::data
