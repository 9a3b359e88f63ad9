// SPDX-License-Identifier: Apache-2.0
#include "weft/safetensors.h"

#include <sys/stat.h>

#include "tests/core/io/safetensors_files.h"
#include "tests/support/files.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

std::string error_of(const std::string& bytes) {
  const TemporaryDirectory directory;
  write_file(directory / "t.safetensors", bytes);
  const std::string message = message_of<FormatError>([&] { SafetensorsFile(directory / "t.safetensors"); });
  const std::size_t at = message.find("t.safetensors: ");
  EXPECT_NE(at, std::string::npos) << message;
  return message.substr(at + 15);
}

std::string header_error(const std::string& header, const std::string& data) { return error_of(file_of(header, data)); }

const std::string kGood = R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
                          R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}})";
const std::string kGoodData("\x05\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\xc0", 16);

TEST(Safetensors, ReadsAHandMadeFile) {
  const TemporaryDirectory directory;
  // Header lengths of both parities, so that tensors are read in place and from unaligned bytes.
  for (const std::string padding : {"", " ", "   "}) {
    write_file(directory / "t", file_of(kGood + padding, kGoodData));
    const SafetensorsFile file(directory / "t");
    EXPECT_EQ(file.names(), (std::vector<std::string>{"b", "a"}));
    EXPECT_EQ(file.metadata().at("format"), "pt");
    EXPECT_EQ(file.spec("a"), (TensorSpec{{1, 2}, DType::kF32}));
    EXPECT_EQ(file.tensor("a").to_vector(), (std::vector<float>{1, -2}));
    EXPECT_EQ(file.tensor("b").to_vector<std::int64_t>(), (std::vector<std::int64_t>{5}));
    EXPECT_NE(message_of<FormatError>([&] { file.tensor("c"); }).find("tensor 'c' is not there"), std::string::npos);
  }
}

TEST(Safetensors, TensorsOutliveTheFile) {
  const TemporaryDirectory directory;
  write_file(directory / "t", file_of(kGood, kGoodData));
  Tensor a;
  { a = SafetensorsFile(directory / "t").tensor("a"); }
  std::filesystem::remove(directory / "t");
  EXPECT_EQ(a.to_vector(), (std::vector<float>{1, -2}));
}

TEST(Safetensors, WritesWhatItReads) {
  const TemporaryDirectory directory;
  const Tensor x = Tensor::of<float>({1.5f, -2, 3}, {3});
  std::vector<std::pair<std::string, Tensor>> tensors{{"u8", Tensor::of<std::uint8_t>({1, 2, 255}, {3})},
                                                      {"f64", Tensor::of<double>({0.1, 0.2}, {2, 1})},
                                                      {"scalar", Tensor::scalar<std::int64_t>(-7)},
                                                      {"i32", Tensor::of<std::int32_t>({-1}, {1})},
                                                      {"bf16", x.to(DType::kBF16)},
                                                      {"f16", x.to(DType::kF16)},
                                                      {"f32", x},
                                                      {"bool", x.to(DType::kBool)},
                                                      {"empty", zeros({0, 4})},
                                                      {"grüße \"x\"", x}};
  write_safetensors(directory / "t", tensors, {{"a", "1"}});
  const SafetensorsFile file(directory / "t");
  EXPECT_EQ(file.names().size(), tensors.size());
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"a", "1"}}));
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.spec(name), (TensorSpec{tensor.shape(), tensor.dtype()})) << name;
    EXPECT_EQ(file.tensor(name).to_vector<double>(), tensor.to_vector<double>()) << name;
  }
}

TEST(Safetensors, WritesAlignedHeadersAndLargestTypesFirst) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "t", {{"a", Tensor::of<std::uint8_t>({9}, {1})}, {"z", Tensor::scalar(1.0)}});
  const std::string bytes = read_file(directory / "t");
  EXPECT_EQ(bytes[0] % 8, 0);
  EXPECT_EQ(SafetensorsFile(directory / "t").names(), (std::vector<std::string>{"z", "a"}));
  EXPECT_EQ(bytes.back(), 9);
}

TEST(Safetensors, TruncatedAnywhereIsAnError) {
  const std::string whole = file_of(kGood, kGoodData);
  for (std::size_t n = 0; n < whole.size(); ++n) error_of(whole.substr(0, n));
  EXPECT_EQ(error_of(whole + "x"), "the header describes 16 bytes of tensors, the file has 17");
}

TEST(Safetensors, HeaderLengthIsChecked) {
  EXPECT_EQ(error_of("abc"), "it has 3 bytes, too few for a header");
  EXPECT_EQ(error_of(std::string(8, '\xff')),
            "the header would have 18446744073709551615 bytes, at most 100000000 are allowed");
  EXPECT_EQ(error_of(std::string("\x10\0\0\0\0\0\0\0{}", 10)), "the header would have 16 bytes, the file has 10");
}

TEST(Safetensors, HeaderTextIsChecked) {
  EXPECT_EQ(header_error(" {}", ""), "the header does not begin with '{'");
  EXPECT_EQ(header_error("[]", ""), "the header does not begin with '{'");
  EXPECT_NE(header_error("{\"a\":", "").find("the header is no JSON"), std::string::npos);
  EXPECT_NE(header_error("{} x", "").find("the header is no JSON"), std::string::npos);
  EXPECT_NE(header_error("{\"\xff\":{}}", "").find("the header is no JSON"), std::string::npos);
  EXPECT_EQ(header_error(R"({"__metadata__":{"a":1}})", ""), "the metadata of 'a' are no string");
  EXPECT_EQ(header_error(R"({"__metadata__":[]})", ""), "the metadata are no object");
  EXPECT_EQ(header_error(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},)"
                         R"("a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}})",
                         "xy"),
            "the header names 'a' twice");
  EXPECT_EQ(header_error(R"({"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}})", "x"),
            "the header names 'dtype' twice");
}

TEST(Safetensors, EntriesAreChecked) {
  EXPECT_EQ(header_error(R"({"a":1})", ""), "tensor 'a': its entry is no object");
  EXPECT_EQ(header_error(R"({"a":{"dtype":"U8","shape":[1]}})", "x"), "tensor 'a': its entry has no data_offsets");
  EXPECT_EQ(header_error(entry("U8", "[1]", "[1]"), "x"), "tensor 'a': data_offsets are not two numbers");
  EXPECT_EQ(header_error(entry("U8", "[1]", "7"), "x"), "tensor 'a': data_offsets are not two numbers");
  EXPECT_EQ(header_error(entry("U8", "[[1]]", "[0,1]"), "x"), "tensor 'a': a size is no natural number");
  EXPECT_EQ(header_error(R"({"a":{"dtype":3}})", ""), "tensor 'a': its dtype is no text but a number");
  EXPECT_EQ(header_error(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", "x"), "tensor 'a': its entry has no dtype");
  EXPECT_EQ(header_error(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", "x"), "tensor 'a': its entry has no shape");
  EXPECT_EQ(header_error(entry("U8", "3", "[0,1]"), "x"), "tensor 'a': its shape is no list");
  EXPECT_EQ(header_error(entry("U8", "[-1]", "[0,1]"), "x"), "tensor 'a': a size is no natural number");
  EXPECT_EQ(header_error(entry("U8", "[1.0]", "[0,1]"), "x"), "tensor 'a': a size is no natural number");
  EXPECT_EQ(header_error(entry("U8", "[1]", "[0]"), "x"), "tensor 'a': data_offsets are not two numbers");
  EXPECT_EQ(header_error(entry("F32", "[1]", "[0,3]"), "xyz"), "tensor 'a': its bytes are 0 to 3, f32(1,) takes 4");
  EXPECT_EQ(header_error(entry("U8", "[1]", "[1,0]"), "x"), "tensor 'a': its bytes are 1 to 0, u8(1,) takes 1");
}

TEST(Safetensors, HugeShapesDoNotOverflow) {
  // 2^33 * 2^33 = 2^66 is 4 modulo 2^64; 0 must not hide the overflow in front of it.
  EXPECT_EQ(header_error(entry("U8", "[8589934592,8589934592]", "[0,4]"), "abcd"),
            "tensor 'a': its shape is too large");
  EXPECT_EQ(header_error(entry("U8", "[8589934592,8589934592,0]", "[0,0]"), ""), "tensor 'a': its shape is too large");
  EXPECT_EQ(header_error(entry("U8", "[99999999999999999999]", "[0,4]"), "abcd"),
            "tensor 'a': a size is no natural number");
  EXPECT_NE(header_error(entry("U8", "[1099511627776]", "[0,1099511627776]"), "ab").find("the file has 2"),
            std::string::npos);
}

TEST(Safetensors, OverlapsAndGapsAreErrors) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}";
  };
  EXPECT_EQ(header_error(two("[0,2]", "[1,3]"), "abc"),
            "tensor 'b': its bytes begin at 1, the tensor before ends at 2");
  EXPECT_EQ(header_error(two("[0,2]", "[0,2]"), "ab"), "tensor 'b': its bytes begin at 0, the tensor before ends at 2");
  EXPECT_EQ(header_error(two("[3,5]", "[0,2]"), "abcde"),
            "tensor 'a': its bytes begin at 3, the tensor before ends at 2");
}

TEST(Safetensors, BoolsAreChecked) {
  const TemporaryDirectory directory;
  write_file(directory / "t", file_of(entry("BOOL", "[2]", "[0,2]"), std::string("\x01\x02", 2)));
  const SafetensorsFile file(directory / "t");
  EXPECT_NE(message_of<FormatError>([&] { file.tensor("a"); }).find("a BOOL is neither 0 nor 1"), std::string::npos);
}

TEST(Safetensors, FlippedBytesNeverCrash) {
  const TemporaryDirectory directory;
  const std::string whole = file_of(kGood, kGoodData);
  for (std::size_t i = 0; i < whole.size() - kGoodData.size(); ++i) {
    for (const int mask : {1, 0x10, 0x80}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      write_file(directory / "t", damaged);
      try {
        const SafetensorsFile file(directory / "t");
        for (const std::string& name : file.names()) file.tensor(name);
      } catch (const FormatError&) {
      }
    }
  }
}

TEST(Safetensors, WritesAllOrNothing) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "t", {{"a", Tensor::scalar(1.0f)}});
  EXPECT_THROW(write_safetensors(directory / "t", {{"a", Tensor::scalar(2.0f)}, {"a", Tensor::scalar(3.0f)}}),
               ValueError);
  EXPECT_EQ(SafetensorsFile(directory / "t").tensor("a").item(), 1.0f);
  const auto entries = std::distance(std::filesystem::directory_iterator(directory.path()), {});
  EXPECT_EQ(entries, 1);  // no temporary file stays behind
  write_safetensors(directory / "t", {{"a", Tensor::scalar(4.0f)}});
  EXPECT_EQ(SafetensorsFile(directory / "t").tensor("a").item(), 4.0f);
}

TEST(Safetensors, UnwritablePlacesAreErrors) {
  EXPECT_EQ(message_of<FormatError>([] {
              write_safetensors("/nowhere/t", {{"a", Tensor::scalar(1.0f)}});
            }),
            "[safetensors] /nowhere/t: cannot be written: No such file or directory");
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "d");
  EXPECT_THROW(write_safetensors(directory / "d", {{"a", Tensor::scalar(1.0f)}}), FormatError);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);  // the temporary file is gone
  EXPECT_EQ(message_of<FormatError>([&] { SafetensorsFile(directory / "d"); }).find("[safetensors]"), 0u);
  EXPECT_THROW(write_safetensors(directory / "t", {{"__metadata__", Tensor::scalar(1.0f)}}), ValueError);
  EXPECT_THROW(write_safetensors(directory / "t", {{"\xff", Tensor::scalar(1.0f)}}), ValueError);
}

}  // namespace
}  // namespace weft::testing
