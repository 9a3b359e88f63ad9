// SPDX-License-Identifier: Apache-2.0
#include "weft/idx.h"

#include "tests/support/files.h"
#include "weft/datasets.h"

namespace weft::testing {
using namespace data;
namespace {

std::string big_endian(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8), static_cast<char>(v)};
}

std::string idx(int type, const std::vector<std::uint32_t>& dims, const std::string& payload) {
  std::string out{0, 0, static_cast<char>(type), static_cast<char>(dims.size())};
  for (const std::uint32_t d : dims) out += big_endian(d);
  return out + payload;
}

std::string error_of(const std::string& bytes) {
  const TemporaryDirectory directory;
  write_file(directory / "t.idx", bytes);
  const std::string message = message_of<FormatError>([&] { read_idx(directory / "t.idx"); });
  EXPECT_NE(message.find("t.idx: "), std::string::npos) << message;
  return message.substr(message.find("t.idx: ") + 7);
}

TEST(Idx, ReadsBytes) {
  const TemporaryDirectory directory;
  const std::string file = idx(8, {2, 3}, std::string("\x00\x01\xff\x04\x05\x06", 6));
  for (const std::string& stored : {file, gzipped(file)}) {
    write_file(directory / "t.idx", stored);
    const Tensor x = read_idx(directory / "t.idx");
    EXPECT_EQ(x.dtype(), DType::kU8);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{0, 1, 255, 4, 5, 6}));
  }
}

TEST(Idx, ReadsBigEndianNumbers) {
  const TemporaryDirectory directory;
  write_file(directory / "i", idx(0x0c, {2}, big_endian(7) + big_endian(0xfffffffe)));
  EXPECT_EQ(read_idx(directory / "i").to_vector<std::int32_t>(), (std::vector<std::int32_t>{7, -2}));
  write_file(directory / "f", idx(0x0d, {1}, big_endian(0x40490fdb)));
  EXPECT_EQ(read_idx(directory / "f").item<float>(), 3.14159274f);
  write_file(directory / "d", idx(0x0e, {1}, big_endian(0x3ff80000) + big_endian(0)));
  EXPECT_EQ(read_idx(directory / "d").item<double>(), 1.5);
}

TEST(Idx, TruncatedAnywhereIsAnError) {
  const TemporaryDirectory directory;
  const std::string whole = idx(8, {2, 3}, "abcdef");
  const std::string packed = gzipped(whole);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_file(directory / "t", whole.substr(0, n));
    EXPECT_THROW(read_idx(directory / "t"), FormatError) << n;
  }
  for (std::size_t n = 0; n < packed.size(); ++n) {
    write_file(directory / "t", packed.substr(0, n));
    EXPECT_THROW(read_idx(directory / "t"), FormatError) << n;
  }
}

TEST(Idx, CorruptHeaders) {
  EXPECT_EQ(error_of(std::string("\x01\x00\x08\x01", 4)), "this is no IDX file: the first two bytes must be 0");
  EXPECT_EQ(error_of(idx(0x0b, {1}, "ab")), "element type 0x0b (i8 or i16) is not supported; store it as i32");
  EXPECT_EQ(error_of(idx(0x42, {1}, "a")), "element type 0x42 at byte 2 is none of IDX");
  EXPECT_EQ(error_of(idx(8, {2}, "abc")), "there are bytes after the u8(2,) that the header promises");
  EXPECT_EQ(error_of(idx(8, {3}, "ab")), "the header promises u8(3,), 3 bytes, 2 are there");
}

TEST(Idx, HugeSizesAreErrorsAndAllocateNothing) {
  // 2^40 bytes: allocating them first would fail with bad_alloc, or succeed and exhaust the machine.
  EXPECT_EQ(error_of(idx(8, {1u << 20, 1u << 20}, "ab")),
            "the header promises u8(1048576, 1048576), 1099511627776 bytes, 2 are there");
  EXPECT_EQ(error_of(idx(8, {~0u, ~0u, ~0u, ~0u}, "ab")), "its header promises more elements than any file has");
}

TEST(Idx, EmptyTensorsHaveAnySize) {
  const TemporaryDirectory directory;
  write_file(directory / "t", idx(8, {0, 28}, ""));
  EXPECT_EQ(read_idx(directory / "t").shape(), (Shape{0, 28}));
  // A size of 0 in front of sizes whose product does not fit.
  EXPECT_EQ(error_of(idx(8, {0, ~0u, ~0u, ~0u}, "")), "its header promises more elements than any file has");
  EXPECT_EQ(error_of(idx(8, std::vector<std::uint32_t>(255, 2), "")),
            "its header promises more elements than any file has");
}

TEST(Idx, SpecialFilesAreErrors) {
  const TemporaryDirectory directory;
  EXPECT_NE(message_of<FormatError>([&] { read_idx(directory.path()); }).find("this is a directory"),
            std::string::npos);
  EXPECT_EQ(error_of(""), "the file ends within its header; fetch it again");
  EXPECT_EQ(error_of("PK\x03\x04").substr(0, 21), "this is a zip archive");
}

TEST(Mnist, ReadsItsFiles) {
  const TemporaryDirectory directory;
  write_file(directory / "t10k-images-idx3-ubyte.gz", gzipped(idx(8, {2, 1, 2}, std::string("\x00\xff\x33\x00", 4))));
  write_file(directory / "t10k-labels-idx1-ubyte", idx(8, {2}, std::string("\x07\x02", 2)));
  const Dataset test = mnist(directory.path(), false);
  EXPECT_EQ(test.column(0).shape(), (Shape{2, 1, 2, 1}));
  const std::vector<float> pixels = test.column(0).to_vector();
  EXPECT_FLOAT_EQ(pixels[1], 1.0f);
  EXPECT_FLOAT_EQ(pixels[2], 0.2f);
  EXPECT_EQ(test.column(1).to_vector<std::int64_t>(), (std::vector<std::int64_t>{7, 2}));
}

TEST(Mnist, NamesWhatIsMissingOrWrong) {
  const TemporaryDirectory directory;
  EXPECT_NE(
      message_of<FormatError>([&] { mnist(directory.path(), true); }).find("train-images-idx3-ubyte: there is no"),
      std::string::npos);
  write_file(directory / "t10k-images-idx3-ubyte", idx(8, {2}, "ab"));
  write_file(directory / "t10k-labels-idx1-ubyte", idx(8, {2}, "ab"));
  EXPECT_NE(message_of<FormatError>([&] { mnist(directory.path(), false); }).find("u8 with 3 axes is expected"),
            std::string::npos);
}

}  // namespace
}  // namespace weft::testing
