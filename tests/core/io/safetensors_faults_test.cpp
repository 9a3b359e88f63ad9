// SPDX-License-Identifier: Apache-2.0
// Safetensors files that others wrote: types that weft lacks, other formats, headers at the limits of the format, and
// files that change while they are open.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "core/io/safetensors_header.h"
#include "tests/core/io/safetensors_files.h"
#include "tests/support/files.h"
#include "weft/safetensors.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

std::string error_of(const std::string& bytes) {
  const TemporaryDirectory directory;
  write_file(directory / "t", bytes);
  return message_of<FormatError>([&] { SafetensorsFile(directory / "t"); });
}

TEST(SafetensorsTypes, OneThatWeftLacksIsRefusedAlone) {
  const TemporaryDirectory directory;
  struct Row {
    const char *dtype, *shape;
    int bytes;
  };
  for (const Row& row :
       {Row{"I8", "[3]", 3}, Row{"I16", "[3]", 6}, Row{"U16", "[1,2]", 4}, Row{"U32", "[]", 4}, Row{"U64", "[1]", 8},
        Row{"C64", "[1]", 8}, Row{"F8_E4M3", "[5]", 5}, Row{"F8_E5M2", "[5]", 5}, Row{"F8_E8M0", "[5]", 5},
        Row{"F4", "[2,3]", 3}, Row{"F6_E2M3", "[4]", 3}, Row{"F6_E3M2", "[8]", 6}}) {
    const std::string end = std::to_string(row.bytes), behind = std::to_string(row.bytes + 4);
    write_file(
        directory / "t",
        file_of(std::string(R"({"a":{"dtype":")") + row.dtype + R"(","shape":)" + row.shape + R"(,"data_offsets":[0,)" +
                    end + R"(]},"b":{"dtype":"F32","shape":[1],"data_offsets":[)" + end + "," + behind + "]}}",
                std::string(static_cast<std::size_t>(row.bytes), 'x') + std::string("\0\0\x80\x3f", 4)));
    const SafetensorsFile file(directory / "t");
    EXPECT_EQ(file.names(), (Names{"a", "b"})) << row.dtype;
    EXPECT_TRUE(file.contains("a"));
    EXPECT_EQ(file.tensor("b").to_vector(), (std::vector<float>{1}));
    EXPECT_THAT(message_of<DTypeError>([&] { file.tensor("a"); }),
                HasSubstr("t: tensor 'a' is " + std::string(row.dtype) + "("));
    EXPECT_THAT(message_of<DTypeError>([&] { file.spec("a"); }), HasSubstr("weft reads F64, F32"));
  }
}

TEST(SafetensorsTypes, OneThatTheFormatLacksIsRefusedAlone) {
  const TemporaryDirectory directory;
  write_file(directory / "t", file_of(R"({"a":{"dtype":"F\n9","shape":[2],"data_offsets":[0,5]},)"
                                      R"("b":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}})",
                                      "12345x"));
  const SafetensorsFile file(directory / "t");
  EXPECT_EQ(file.tensor("b").to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{'x'}));
  EXPECT_THAT(message_of<FormatError>([&] { file.tensor("a"); }),
              HasSubstr("tensor 'a' is F\\x0a9(2,), a type that the format does not have"));
}

TEST(SafetensorsTypes, SizesOfThoseThatWeftLacksAreChecked) {
  EXPECT_THAT(error_of(file_of(entry("I16", "[3]", "[0,5]"), "12345")),
              HasSubstr("tensor 'a': its bytes are 0 to 5, I16(3,) takes 6"));
  EXPECT_THAT(error_of(file_of(entry("F4", "[3]", "[0,2]"), "12")), HasSubstr("F4, do not fill whole bytes"));
  EXPECT_THAT(error_of(file_of(entry("NEW", "[9223372036854775807]", "[0,2]"), "12")),
              HasSubstr("its shape is too large"));
  EXPECT_THAT(error_of(file_of(entry("NEW", "[1]", "[2,0]"), "12")), HasSubstr("its bytes are 2 to 0"));
}

TEST(SafetensorsHeader, BytesBehindTheJsonAreErrors) {
  const std::string json = entry("U8", "[1]", "[0,1]");
  EXPECT_THAT(error_of(file_of(json + std::string("\0rubbish", 8), "x")), HasSubstr("there is a NUL byte at 53"));
  EXPECT_THAT(error_of(file_of(json + std::string(1, '\0'), "x")), HasSubstr("there is a NUL byte at 53"));
  EXPECT_THAT(error_of(file_of(json + " {}", "x")), HasSubstr("the header is no JSON"));
  const TemporaryDirectory directory;
  write_file(directory / "t", file_of(json + " \n\t\r ", "x"));
  EXPECT_EQ(SafetensorsFile(directory / "t").names(), Names{"a"});
}

TEST(SafetensorsHeader, NoMetadataMayBeNull) {
  const TemporaryDirectory directory;
  write_file(directory / "t", file_of(R"({"__metadata__":null})", ""));
  EXPECT_TRUE(SafetensorsFile(directory / "t").metadata().empty());
  EXPECT_THAT(error_of(file_of(R"({"__metadata__":3})", "")), HasSubstr("the metadata are no object"));
  EXPECT_THAT(error_of(file_of(R"({"__metadata__":{"a":null}})", "")), HasSubstr("the metadata of 'a' are no string"));
  EXPECT_THAT(error_of(file_of(R"({"__metadata__":{"a":{}}})", "")), HasSubstr("the metadata of 'a' are no string"));
  EXPECT_THAT(error_of(file_of(R"({"__metadata__":{"a":"1","a":"2"}})", "")), HasSubstr("names 'a' twice"));
  EXPECT_THAT(error_of(file_of(R"({"a":null})", "")), HasSubstr("tensor 'a': its entry is no object"));
}

TEST(SafetensorsHeader, FieldsOfLaterVersionsAreSkipped) {
  const TemporaryDirectory directory;
  write_file(directory / "t",
             file_of(R"({"a":{"new":{"dtype":[1,{"x":null}],"y":[[]]},"dtype":"U8","more":[-1,2.5,true],)"
                     R"("shape":[1],"last":"z","data_offsets":[0,1]}})",
                     "x"));
  EXPECT_EQ(SafetensorsFile(directory / "t").tensor("a").to_vector<std::uint8_t>(), (std::vector<std::uint8_t>{'x'}));
}

TEST(SafetensorsHeader, NamesInErrorsAreReadable) {
  EXPECT_THAT(error_of(file_of(R"({"a\u0000b\n":1})", "")), HasSubstr("tensor 'a\\x00b\\x0a': its entry is no object"));
}

TEST(SafetensorsHeader, OneThatNobodyReadsIsNotWritten) {
  const TemporaryDirectory directory;
  write_file(directory / "t", "old");
  // In JSON each of these takes six characters.
  const std::string text(detail::kMaxSafetensorsHeader / 6 + 1, '\x01');
  EXPECT_THAT(message_of<ValueError>([&] {
                write_safetensors(directory / "t", {{"a", Tensor::scalar(1.0f)}}, {{"text", text}});
              }),
              HasSubstr("t: names and metadata take 1000000"));
  EXPECT_EQ(read_file(directory / "t"), "old");
}

TEST(SafetensorsFile, OtherFormatsAreNamed) {
  EXPECT_THAT(error_of("PK\x03\x04 what torch.save writes"),
              HasSubstr("this is a zip archive, no safetensors file; if PyTorch wrote it, convert it there: "
                        "safetensors.torch.save_file(torch.load("));
  EXPECT_THAT(error_of("\x80\x02\x8a\x0al\xfc"), HasSubstr("this is a Python pickle, no safetensors file; if PyTorch"));
  EXPECT_THAT(error_of("\x80\x04\x95 later pickles"), HasSubstr("this is a Python pickle"));
  EXPECT_THAT(error_of("\x89HDF\r\n\x1a\n of Keras"),
              HasSubstr("this is an HDF5 file, no safetensors file; unpack or"));
  EXPECT_THAT(error_of(gzipped("x")), HasSubstr("this is a gzip file"));
  // A header of 640 bytes begins as a pickle does, and is none.
  const TemporaryDirectory directory;
  std::string json = entry("U8", "[1]", "[0,1]");
  json.resize(0x280, ' ');
  write_file(directory / "t", file_of(json, "x"));
  EXPECT_EQ(SafetensorsFile(directory / "t").names(), Names{"a"});
}

TEST(SafetensorsFile, PipesDoNotHoldUp) {
  const TemporaryDirectory directory;
  ASSERT_EQ(::mkfifo((directory / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(message_of<FormatError>([&] { SafetensorsFile(directory / "pipe"); }),
              HasSubstr("this is no regular file; copy it to one first"));
  EXPECT_THAT(message_of<FormatError>([&] { SafetensorsFile(directory.path()); }), HasSubstr("this is a directory"));
  write_file(directory / "t", "");
  EXPECT_THAT(message_of<FormatError>([&] { SafetensorsFile(directory / "t"); }), HasSubstr("it has 0 bytes"));
}

class ChangedFile : public ::testing::TestWithParam<bool> {};

TEST_P(ChangedFile, IsAnError) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "t", {{"a", Tensor::of<float>({1, 2, 3}, {3})}});
  const SafetensorsFile file(directory / "t", {.map = GetParam()});
  EXPECT_EQ(file.tensor("a").to_vector(), (std::vector<float>{1, 2, 3}));
  std::filesystem::resize_file(directory / "t", 8);
  EXPECT_THAT(message_of<FormatError>([&] { file.tensor("a"); }),
              HasSubstr("t: the file was written to since it was opened, it has 8 bytes and had "));
}

TEST_P(ChangedFile, ThatIsReplacedIsReadAsItWas) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "t", {{"a", Tensor::of<float>({1, 2, 3}, {3})}});
  const SafetensorsFile file(directory / "t", {.map = GetParam()});
  const Tensor before = file.tensor("a");
  write_safetensors(directory / "t", {{"a", Tensor::of<float>({4}, {1})}});
  EXPECT_EQ(before.to_vector(), (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(file.tensor("a").to_vector(), (std::vector<float>{1, 2, 3}));
}

INSTANTIATE_TEST_SUITE_P(MappedAndRead, ChangedFile, ::testing::Bool());

TEST(SafetensorsFile, TensorsThatAreReadKeepTheirValues) {
  const TemporaryDirectory directory;
  write_safetensors(directory / "t", {{"a", Tensor::of<float>({1, 2, 3}, {3})}});
  const Tensor a = SafetensorsFile(directory / "t", {.map = false}).tensor("a");
  std::filesystem::resize_file(directory / "t", 0);  // a mapped tensor would end the program here
  EXPECT_EQ(a.to_vector(), (std::vector<float>{1, 2, 3}));
}

}  // namespace
}  // namespace weft::testing
