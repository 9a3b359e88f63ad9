// SPDX-License-Identifier: Apache-2.0
#include "weft/csv.h"

#include "tests/support/files.h"

namespace weft::testing {
using namespace data;
namespace {

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

TEST(Csv, ErrorsNameTheLine) {
  EXPECT_EQ(error_of("1,2\n3,x\n"), "line 2: field 2: 'x' is no number");
  EXPECT_EQ(error_of("1,2\n\n3\n"), "line 3: 1 fields, the lines before have 2");
  EXPECT_EQ(error_of("1,\n"), "line 1: field 2: '' is no number");
  EXPECT_EQ(error_of("1,2e\n"), "line 1: field 2: '2e' is no number");
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
