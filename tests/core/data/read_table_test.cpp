// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/table.h"

namespace weft::testing {
using namespace data;
namespace {

using ::testing::HasSubstr;
using Numbers = std::vector<double>;
using Texts = std::vector<std::string>;

Table read(const std::string& text, const TableOptions& options = {}) {
  const TemporaryDirectory directory;
  write_file(directory / "t.csv", text);
  return read_table(directory / "t.csv", options);
}

// The text behind the file's name in the error.
std::string error_of(const std::string& text, const TableOptions& options = {}) {
  const std::string message = message_of<FormatError>([&] { read(text, options); });
  EXPECT_NE(message.find("t.csv: "), std::string::npos) << message;
  return message.substr(message.find("t.csv: ") + 7);
}

// The cells of a column of categories; a missing one is "-".
Texts texts(const Table& table, const std::string& name) {
  Texts out;
  const Column& column = table.column(name);
  EXPECT_EQ(column.type, kCategories);
  for (const std::int32_t code : column.codes)
    out.push_back(code < 0 ? "-" : column.categories[static_cast<std::size_t>(code)]);
  return out;
}

TEST(ReadTable, GuessesTypes) {
  const Table table = read("age,sex\n63,male\n 41.5 ,\"female\"\n1e2, male \n", {.target = "sex"});
  EXPECT_EQ(table.size(), 3);
  EXPECT_EQ(table.names(), (Texts{"age", "sex"}));
  EXPECT_EQ(table.target(), "sex");
  EXPECT_EQ(table.column("age").numbers, (Numbers{63, 41.5, 100}));
  EXPECT_EQ(table.column("sex").categories, (Texts{"female", "male"}));
  EXPECT_EQ(table.column("sex").codes, (std::vector<std::int32_t>{1, 0, 1}));
}

TEST(ReadTable, TakesTypesThatAreGiven) {
  const Table table = read("a,b\n01,1\n2,2\n", {.types = {{"a", kCategories}, {"b", kNumbers}}});
  EXPECT_EQ(texts(table, "a"), (Texts{"01", "2"}));
  EXPECT_EQ(table.column("b").numbers, (Numbers{1, 2}));
}

TEST(ReadTable, ColumnsThatTurnOutToBeTextKeepTheTextOfAllCells) {
  std::string text = "a,b,c\n";
  Texts a, b;
  for (int i = 0; i < 1000; ++i) {
    a.push_back(i == 999 ? "x" : i == 3 ? "-" : "0" + std::to_string(i));
    b.push_back(i == 500 ? "\"q\"" : std::to_string(i) + ".50");
    text += (i == 3 ? "NA" : a.back()) + "," + (i == 500 ? "\"\"\"q\"\"\"" : b.back()) + "," + std::to_string(i) + "\n";
  }
  const Table table = read(text);
  EXPECT_EQ(texts(table, "a"), a);
  EXPECT_EQ(texts(table, "b"), b);
  EXPECT_EQ(table.column("c").numbers[999], 999);
}

TEST(ReadTable, QuotesHoldSeparatorsQuotesAndLines) {
  const Table table = read("a,\"b \"\"c\"\", d\"\n \"x,y\" ,1\n\"say \"\"hi\"\"\",2\n\"two\nlines # no comment\",3\n",
                           {.comment = '#'});
  EXPECT_EQ(table.names(), (Texts{"a", "b \"c\", d"}));
  EXPECT_EQ(texts(table, "a"), (Texts{"x,y", "say \"hi\"", "two\nlines # no comment"}));
  EXPECT_EQ(table.column("b \"c\", d").numbers, (Numbers{1, 2, 3}));
}

TEST(ReadTable, MissingCellsHaveNoValue) {
  const Table table = read("a,b\n1,x\n,\nNA,?\nNaN,\"\"\n?,y\nnan,NA\n");
  const Column& a = table.column("a");
  EXPECT_EQ(a.type, kNumbers);
  EXPECT_EQ(a.missing(), 5);
  EXPECT_EQ(a.numbers[0], 1);
  EXPECT_TRUE(std::isnan(a.numbers[5]));
  EXPECT_EQ(texts(table, "b"), (Texts{"x", "-", "-", "-", "y", "-"}));
  EXPECT_EQ(table.column("b").categories, (Texts{"x", "y"}));
}

TEST(ReadTable, MissingCellsAreThoseThatAreGiven) {
  const Table table = read("a,b\n-999,NA\n-9,none\n", {.missing = {"-999", "none"}});
  EXPECT_EQ(table.column("a").missing(), 1);
  EXPECT_EQ(table.column("a").numbers[1], -9);
  EXPECT_EQ(texts(table, "b"), (Texts{"NA", "-"}));
}

TEST(ReadTable, ColumnsWithoutAnyValueAreNumbers) {
  const Table table = read("a,b\n,1\n,2\n");
  EXPECT_EQ(table.column("a").type, kNumbers);
  EXPECT_EQ(table.column("a").missing(), 2);
}

TEST(ReadTable, DecimalCommas) {
  const Table table = read("a;b\n1,5;1.5\n-2,25e1;2\n", {.separator = ';', .decimal = ','});
  EXPECT_EQ(table.column("a").numbers, (Numbers{1.5, -22.5}));
  EXPECT_EQ(texts(table, "b"), (Texts{"1.5", "2"}));  // a point is no part of a number here
}

TEST(ReadTable, CommentsSkippedLinesAndBlankLines) {
  const Table table = read("a title, of some kind\nanother\n# note\n\na\tb # tail\n1\t2\n  \r\n # x\n3\t4# y\r\n",
                           {.separator = '\t', .comment = '#', .skip_lines = 2});
  EXPECT_EQ(table.names(), (Texts{"a", "b"}));
  EXPECT_EQ(table.column("b").numbers, (Numbers{2, 4}));
}

TEST(ReadTable, MarksGzipAndEndsOfLines) {
  const std::string text = "\xef\xbb\xbf\"a\",b\r\n1,x\r\n2,y";
  for (const std::string& file : {text, gzipped(text)}) {
    const Table table = read(file);
    EXPECT_EQ(table.names(), (Texts{"a", "b"}));
    EXPECT_EQ(table.column("a").numbers, (Numbers{1, 2}));
    EXPECT_EQ(texts(table, "b"), (Texts{"x", "y"}));
  }
}

TEST(ReadTable, ColumnsWithoutANameAreCounted) {
  EXPECT_EQ(read("1,x\n2,y\n", {.header = false}).names(), (Texts{"column_0", "column_1"}));
  EXPECT_EQ(read("\"\",x\n1,2\n").names(), (Texts{"column_0", "x"}));
  EXPECT_EQ(read("1,x\n2,y\n", {.target = "column_1", .header = false}).size(), 2);
}

TEST(ReadTable, LongFiles) {
  std::string text = "n,t\n";
  const int rows = 30000;
  for (int i = 0; i < rows; ++i) text += std::to_string(i) + ",name " + std::to_string(i % 700) + "\n";
  const Table table = read(gzipped(text));
  EXPECT_EQ(table.size(), rows);
  EXPECT_EQ(table.column("n").numbers[rows - 1], rows - 1);
  EXPECT_EQ(table.column("t").categories.size(), 700u);
  EXPECT_EQ(texts(table, "t")[12345], "name " + std::to_string(12345 % 700));
}

TEST(ReadTable, ErrorsNameLineAndColumn) {
  EXPECT_EQ(error_of("a,b\n1,2\n\n3\n"), "line 4: 1 cells, the first row has 2");
  EXPECT_EQ(error_of("a,b\n1,2,3\n"), "line 2: 3 cells, the first row has 2");
  EXPECT_EQ(error_of("a,b\n\"x\ny\",1\n2,x\n", {.types = {{"b", kNumbers}}}),
            "line 4: column 'b': 'x' is no number; give the column as categories, or the text among the missing ones");
  EXPECT_EQ(error_of("a\n1e999\n", {.types = {{"a", kNumbers}}}), "line 2: column 'a': '1e999' does not fit a double");
  EXPECT_EQ(error_of("a,b\n1,\"x\n2,3\n"), "line 2: column 2: a quote that has no end");
  EXPECT_EQ(error_of("a,b\n\"x\"y,3\n"), "line 2: column 1: there is text behind its closing quote");
  EXPECT_EQ(error_of("a,a\n1,2\n"), "line 1: column 2: the name 'a' is given twice; names must differ");
  EXPECT_THAT(error_of("a\xff\n1\n"), HasSubstr("line 1: column 1: the name 'a\\xff' is not UTF-8"));
  EXPECT_EQ(error_of(std::string("a\n1\n\0\n", 6)), "line 3: there is a NUL byte; a table is text in UTF-8");
  EXPECT_EQ(error_of("\xff\xfe"
                     "a"),
            "this is text in UTF-16; store it as UTF-8");
  for (const char* empty : {"", "\n \n", "a,b\n", "\xef\xbb\xbf"}) EXPECT_EQ(error_of(empty), "there are no rows");
  EXPECT_EQ(error_of("a\n1\n", {.skip_lines = 9}), "there are no rows");
  EXPECT_THAT(error_of("PK\x03\x04..."), HasSubstr("this is a zip archive"));
  EXPECT_EQ(message_of<FormatError>([] { read_table("/nowhere/t.csv"); }),
            "[table] /nowhere/t.csv: cannot be opened: No such file or directory");
}

TEST(ReadTable, OptionsThatCannotBeAreRefused) {
  const auto refused = [](const TableOptions& options) {
    return message_of<ValueError>([&] { read("a,b\n1,2\n", options); });
  };
  EXPECT_THAT(refused({.target = "c"}), HasSubstr("there is no column 'c'; the columns are a, b"));
  EXPECT_THAT(refused({.types = {{"c", kNumbers}}}), HasSubstr("there is no column 'c'"));
  for (const char c : {'a', '1', '"', '\n', '\0', '.', '-', ' '}) {
    EXPECT_EQ(refused({.separator = c == ' ' ? ',' : c, .decimal = c == ' ' ? ',' : '.'}).substr(0, 26),
              "[table] the separator is '")
        << c;
  }
  for (const char c : {'a', '1', '"', '\n', '.', '-', ' '})
    EXPECT_THAT(refused({.comment = c}), HasSubstr("the comment mark is '")) << c;
  EXPECT_THAT(refused({.decimal = ';'}), HasSubstr("the decimal mark is ';'"));
  EXPECT_THAT(refused({.comment = ','}), HasSubstr("the comment mark is ','"));
  EXPECT_THAT(refused({.skip_lines = -1}), HasSubstr("skip_lines is -1"));
}

TEST(ReadTable, CutOffGzipIsAnError) {
  const TemporaryDirectory directory;
  const std::string whole = gzipped("a,b\n1,x\n2,y\n");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write_file(directory / "t.csv.gz", whole.substr(0, n));
    EXPECT_THROW(read_table(directory / "t.csv.gz"), FormatError) << n;
  }
}

}  // namespace
}  // namespace weft::testing
