// SPDX-License-Identifier: Apache-2.0
// Packed bytes, read in pieces whose size is the first byte's and in large ones: both ways must agree.
#include <algorithm>
#include <vector>

#include "core/io/byte_source.h"
#include "tests/fuzz/fuzz.h"

using namespace weft;

namespace {

// All bytes, and whether the end is reached without an error.
std::pair<std::vector<unsigned char>, bool> unpacked(std::span<const std::uint8_t> packed, std::size_t piece) {
  std::vector<unsigned char> out;
  const bool whole = testing::accepts([&] {
    detail::ByteSource source(packed, "fuzz", "gzip");
    std::size_t n = piece;
    while (n == piece) {
      const std::size_t have = out.size();
      out.resize(have + piece);
      try {
        n = source.read(std::span(out).subspan(have));
      } catch (const FormatError&) {
        out.resize(have);
        throw;
      }
      out.resize(have + n);
    }
  });
  return {std::move(out), whole};
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testing::Input input({data, size});
  const std::size_t piece = 1 + input.take<std::uint8_t>();
  const auto [slowly, slowly_whole] = unpacked(input.rest(), piece);
  const auto [fast, fast_whole] = unpacked(input.rest(), 1 << 16);
  testing::require(slowly_whole == fast_whole);
  testing::require(!fast_whole || slowly == fast);
  return 0;
}
