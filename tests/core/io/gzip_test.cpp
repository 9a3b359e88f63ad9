// SPDX-License-Identifier: Apache-2.0
// Packed files: several members, padding, and what is wrong with them, by place.
#include <gmock/gmock.h>

#include <vector>

#include "core/io/byte_source.h"
#include "tests/support/files.h"

namespace weft::testing {
namespace {

using detail::ByteSource;
using ::testing::HasSubstr;

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// All bytes, read in pieces of that size.
std::string read_all(ByteSource source, std::size_t piece) {
  std::string out;
  std::vector<unsigned char> buffer(piece);
  std::size_t n = piece;
  while (n == piece) {
    n = source.read(buffer);
    out.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return out;
}

std::string read(const std::string& packed) {
  const TemporaryDirectory directory;
  write_file(directory / "t", packed);
  std::string out = read_all(ByteSource(directory / "t", "t"), 1000);
  EXPECT_EQ(out, read_all(ByteSource(bytes_of(packed), "t", "t"), 1));
  return out;
}

std::string error_of(const std::string& packed) {
  return message_of<FormatError>([&] { read_all(ByteSource(bytes_of(packed), "t", "t"), 1000); });
}

TEST(Gzip, PaddingBehindTheLastMemberIsNoData) {
  for (const std::size_t zeros : {1u, 2u, 511u, 200'000u}) {
    const std::string padding(zeros, '\0');
    EXPECT_EQ(read(gzipped("hello") + padding), "hello") << zeros;
    EXPECT_EQ(read(gzipped("hello ") + padding + gzipped("world") + padding), "hello world") << zeros;
  }
}

TEST(Gzip, MembersFollowEachOther) {
  EXPECT_EQ(read(gzipped("hello ") + gzipped("") + gzipped("world")), "hello world");
  EXPECT_EQ(read(gzipped("")), "");
}

TEST(Gzip, ErrorsSayWhere) {
  const std::string member = gzipped("hello");
  EXPECT_THAT(error_of(member + "x"),
              HasSubstr("the gzip data is cut off at byte " + std::to_string(member.size() + 1)));
  EXPECT_THAT(error_of(member + "xyz"), HasSubstr("the gzip data is damaged (incorrect header check) at byte "));
  EXPECT_THAT(error_of(member + std::string(3, '\0') + "xyz"), HasSubstr("is damaged (incorrect header check)"));
  EXPECT_THAT(error_of(member.substr(0, member.size() - 1)),
              HasSubstr("the gzip data is cut off at byte " + std::to_string(member.size() - 1)));
  std::string damaged = member;
  damaged[member.size() - 8] = static_cast<char>(damaged[member.size() - 8] ^ 1);
  EXPECT_THAT(error_of(damaged), HasSubstr("is damaged (incorrect data check) at byte"));
}

TEST(Gzip, ZerosAloneAreAPlainFile) { EXPECT_EQ(read(std::string(4, '\0')), std::string(4, '\0')); }

}  // namespace
}  // namespace weft::testing
