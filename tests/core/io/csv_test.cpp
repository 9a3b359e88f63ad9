// SPDX-License-Identifier: Apache-2.0
#include "weft/csv.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "tests/support/files.h"

namespace weft::testing {
using namespace data;
namespace {

using ::testing::HasSubstr;
using Names = std::vector<std::string>;

std::string error_of(const std::string& text, const CsvOptions& options = {}) {
  const TemporaryDirectory directory;
  write_file(directory / "t.csv", text);
  const std::string message = message_of<FormatError>([&] { read_csv(directory / "t.csv", options); });
  EXPECT_NE(message.find("t.csv: "), std::string::npos) << message;
  return message.substr(message.find("t.csv: ") + 7);
}

TEST(Csv, ReadsNumbers) {
  const TemporaryDirectory directory;
  write_file(directory / "t.csv", "1, -2.5,+3e2\r\n\n4,5,6");
  const Csv csv = read_csv(directory / "t.csv");
  EXPECT_EQ(csv.values.shape(), (Shape{2, 3}));
  EXPECT_EQ(csv.values.to_vector<double>(), (std::vector<double>{1, -2.5, 300, 4, 5, 6}));
  EXPECT_TRUE(csv.names.empty());
}

TEST(Csv, ReadsHeaderSeparatorAndGzip) {
  const TemporaryDirectory directory;
  write_file(directory / "t.csv.gz", gzipped("\"a\";b\n1;2\n"));
  const Csv csv = read_csv(directory / "t.csv.gz", {.separator = ';', .header = true});
  EXPECT_EQ(csv.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(csv.values.to_vector<double>(), (std::vector<double>{1, 2}));
}

TEST(Csv, ReadsLinesAcrossChunks) {
  const TemporaryDirectory directory;
  std::string text;
  std::vector<double> expected;
  for (int i = 0; i < 40000; ++i) {
    text += std::to_string(i) + "," + std::to_string(2 * i) + "\n";
    expected.push_back(i);
    expected.push_back(2 * i);
  }
  write_file(directory / "t.csv", text);
  EXPECT_EQ(read_csv(directory / "t.csv").values.to_vector<double>(), expected);
  write_file(directory / "t.csv.gz", gzipped(text));
  EXPECT_EQ(read_csv(directory / "t.csv.gz").values.to_vector<double>(), expected);
}

Csv read(const std::string& text, const CsvOptions& options = {}) {
  const TemporaryDirectory directory;
  write_file(directory / "t.csv", text);
  return read_csv(directory / "t.csv", options);
}

TEST(Csv, MarksOfUtf8AreNoPartOfTheTable) {
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a,b\n1,2\n",
                 {.header = true})
                .names,
            (Names{"a", "b"}));
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "\"a\",b\n1,2\n",
                 {.header = true})
                .names,
            (Names{"a", "b"}));
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "1,2\n")
                .values.to_vector<double>(),
            (std::vector<double>{1, 2}));
  EXPECT_EQ(read(gzipped("\xef\xbb\xbf"
                         "1,2\n"))
                .values.to_vector<double>(),
            (std::vector<double>{1, 2}));
  EXPECT_EQ(error_of("\xef\xbb\xbf"), "there are no rows");
  EXPECT_EQ(error_of(std::string("\xff\xfe"
                                 "1\0",
                                 4)),
            "this is text in UTF-16; store it as UTF-8");
  EXPECT_EQ(error_of(std::string("\xfe\xff\0"
                                 "1",
                                 4)),
            "this is text in UTF-16; store it as UTF-8");
  EXPECT_THAT(error_of("1\n\xef\xbb\xbf"
                       "2\n"),
              HasSubstr("line 2: field 1: '\xef\xbb\xbf"
                        "2' is no number"));
}

TEST(Csv, NumbersAreWhatStrtodGives) {
  for (const std::string text : {"1e-400",
                                 "-1e-400",
                                 "+1e-400",
                                 "1e-99999999999999999999",
                                 "0.0001e-320",
                                 "4.9e-324",
                                 "2e-324",
                                 "3e-324",
                                 "1e-310",
                                 "2.2250738585072014e-308",
                                 "1.7976931348623157e308",
                                 "0e999999999999",
                                 "-0",
                                 "inf",
                                 "-inf",
                                 "0.5e+3",
                                 ".5",
                                 "5.",
                                 "123456789012345678901234567890",
                                 "00012"}) {
    const double got = read(text + "\n").values.item<double>(), wanted = std::strtod(text.c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(wanted)) << text << " reads as " << got;
  }
  const std::string zeros = "0." + std::string(400, '0') + "1";
  EXPECT_EQ(read(zeros + "\n").values.item<double>(), 0);
  EXPECT_TRUE(std::isnan(read("nan\n").values.item<double>()));
}

TEST(Csv, NumbersHaveOneSign) {
  for (const std::string text : {"+-5", "-+5", "++5", "--5", "+", "-", "+ 5", "5-", "e5", "0x10", "1_000", "1 2", "."})
    EXPECT_THAT(error_of("1\n" + text + "\n"), HasSubstr("line 2: field 1: '" + text + "' is no number"));
}

TEST(Csv, TooLargeNumbersAreErrors) {
  for (const std::string text : {"1e400", "-1e400", "+1e999999999999999999999", "1000e307", "1.8e308"})
    EXPECT_EQ(error_of(text + "\n"), "line 1: field 1: '" + text + "' does not fit a double");
}

TEST(Csv, HeadersOfNumbersAreNoHeaders) {
  const CsvOptions header{.header = true};
  EXPECT_EQ(
      error_of("1,2\n3,4\n", header),
      "line 1: header = true, but all its fields are numbers; give header = false, or quote names that are numbers");
  EXPECT_EQ(error_of("\n1,-2e3,nan\n3,4,5\n", header).substr(0, 7), "line 2:");
  EXPECT_EQ(read("\"1\",\"2\"\n3,4\n", header).names, (Names{"1", "2"}));
  EXPECT_EQ(read("1,x\n3,4\n", header).names, (Names{"1", "x"}));
  EXPECT_EQ(error_of("a,b\n1,2\n"),
            "line 1: field 1: 'a' is no number; if the first line names the columns, give header = true");
}

TEST(Csv, NamesMayHoldSeparatorsAndQuotes) {
  const CsvOptions header{.header = true};
  EXPECT_EQ(read("\"a,b\" , \"say \"\"hi\"\"\",\"\"\n1,2,3\n", header).names, (Names{"a,b", "say \"hi\"", ""}));
  EXPECT_EQ(error_of("a,\"b\n1,2\n", header), "line 1: field 2: a quote that has no end on its line");
  EXPECT_EQ(error_of("\"a\"b,c\n1,2\n", header), "line 1: field 1: there is text behind its closing quote");
}

TEST(Csv, NamesDifferAndAreText) {
  const CsvOptions header{.header = true};
  EXPECT_EQ(error_of("x,y,x\n1,2,3\n", header),
            "line 1: field 3: the name 'x' is that of field 1, too; names must differ");
  EXPECT_EQ(error_of("gr\xf6\xdf"
                     "e,y\n1,2\n",
                     header),
            "line 1: field 1: the name 'gr\\xf6\\xdfe' is not UTF-8 without control characters");
  EXPECT_EQ(read("größe,y\n1,2\n", header).names, (Names{"größe", "y"}));
}

TEST(Csv, NulBytesAreErrors) {
  EXPECT_EQ(error_of(std::string("1,2\n3,\0"
                                 "4\n",
                                 9)),
            "line 2: there is a NUL byte; a table is text in UTF-8");
  EXPECT_EQ(error_of(std::string(100, '\0')), "line 1: there is a NUL byte; a table is text in UTF-8");
}

TEST(Csv, BlankFieldsAreNotBlankLines) {
  EXPECT_THAT(error_of("1\t2\t3\n\t\t\n", {.separator = '\t'}), HasSubstr("line 2: field 1: '' is no number"));
  EXPECT_EQ(read("1\t 2\n \n3\t4\n", {.separator = '\t'}).values.to_vector<double>(),
            (std::vector<double>{1, 2, 3, 4}));
}

TEST(Csv, SeparatorsThatNumbersHoldAreErrors) {
  for (const char separator : {'\n', '\r', '\0', '"', '.', '-', '+', 'e', '7', '\xa7'})
    EXPECT_THROW(read("1\n", {.separator = separator}), ValueError) << separator;
  EXPECT_EQ(read("1|2\n", {.separator = '|'}).values.shape(), (Shape{1, 2}));
}

TEST(Csv, OtherFormatsAreNamed) {
  EXPECT_EQ(error_of("PK\x03\x04..."), "this is a zip archive; unpack or convert it, plain and gzip files are read");
  EXPECT_EQ(error_of(std::string("\xfd"
                                 "7zXZ\0...",
                                 9))
                .substr(0, 18),
            "this is an xz file");
}

TEST(Csv, DirectoriesAreErrors) {
  const TemporaryDirectory directory;
  EXPECT_THAT(message_of<FormatError>([&] { read_csv(directory.path()); }),
              HasSubstr("this is a directory; a file is wanted"));
  EXPECT_THAT(message_of<FormatError>([&] { read_csv(directory / std::string("t\0", 2)); }), HasSubstr("a NUL byte"));
}

TEST(Csv, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("1,2\n3,x\n"), "line 2: field 2: 'x' is no number");
  EXPECT_EQ(error_of("1,2\n\n3\n"), "line 3: 1 fields, the lines before have 2");
  EXPECT_EQ(error_of("1,\n"),
            "line 1: field 2: '' is no number; if the first line names the columns, give header = true");
  EXPECT_EQ(error_of("1,2\n1,2e\n"), "line 2: field 2: '2e' is no number");
  EXPECT_EQ(error_of("1e999\n"), "line 1: field 1: '1e999' does not fit a double");
  EXPECT_EQ(error_of(""), "there are no rows");
  EXPECT_EQ(error_of("a,b\n", {.header = true}), "there are no rows");
}

TEST(Csv, NoFile) {
  EXPECT_EQ(message_of<FormatError>([] { read_csv("/nowhere/t.csv"); }),
            "[csv] /nowhere/t.csv: cannot be opened: No such file or directory");
}

TEST(Csv, CutOffGzipIsAnError) {
  const TemporaryDirectory directory;
  const std::string whole = gzipped("1,2\n3,4\n5,6\n");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_file(directory / "t.csv.gz", whole.substr(0, n));
    EXPECT_THROW(read_csv(directory / "t.csv.gz"), FormatError) << n;
  }
}

TEST(Csv, DamagedGzipNeverGivesOtherNumbers) {
  const TemporaryDirectory directory;
  const std::string whole = gzipped("1,2\n3,4\n5,6\n");
  std::size_t noticed = 0;
  // The ten bytes of fixed header hold a name flag and a time, which matter to nobody.
  for (std::size_t i = 10; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    write_file(directory / "t.csv.gz", damaged);
    try {
      EXPECT_EQ(read_csv(directory / "t.csv.gz").values.to_vector<double>(), (std::vector<double>{1, 2, 3, 4, 5, 6}))
          << i;
    } catch (const FormatError&) {
      ++noticed;
    }
  }
  EXPECT_GE(noticed, whole.size() - 11);  // all but the padding bits that end the packed data
}

}  // namespace
}  // namespace weft::testing
