// SPDX-License-Identifier: Apache-2.0
#include "weft/table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/files.h"

namespace weft::testing {
using namespace data;
namespace {

using ::testing::HasSubstr;
using Texts = std::vector<std::string>;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Rows 0 to n - 1: their number, a class (a fifth "b", the rest "a"), and one of n / 3 patients.
Table counted(std::int64_t n) {
  std::vector<double> row, patient;
  Texts kind;
  for (std::int64_t i = 0; i < n; ++i) {
    row.push_back(static_cast<double>(i));
    kind.push_back(i % 5 == 0 ? "b" : "a");
    const std::int64_t visited = i / 3;  // three visits each
    patient.push_back(static_cast<double>(visited));
  }
  return Table({number_column("row", row), category_column("kind", kind), number_column("patient", patient)}, "kind");
}

std::vector<double> rows_of(const Table& table) { return table.column("row").numbers; }

std::int64_t count(const Table& table, const std::string& kind) {
  const Column& column = table.column("kind");
  const auto code = std::find(column.categories.begin(), column.categories.end(), kind) - column.categories.begin();
  return std::count(column.codes.begin(), column.codes.end(), static_cast<std::int32_t>(code));
}

TEST(Table, HoldsNamedColumns) {
  const Table table = counted(4);
  EXPECT_EQ(table.size(), 4);
  EXPECT_EQ(table.names(), (Texts{"row", "kind", "patient"}));
  EXPECT_TRUE(table.contains("kind"));
  EXPECT_FALSE(table.contains("age"));
  EXPECT_EQ(table.column("kind").codes, (std::vector<std::int32_t>{1, 0, 0, 0}));
  EXPECT_EQ(Table().size(), 0);
}

TEST(Table, SubsetsAndDrops) {
  const Table some = counted(6).subset({5, 0, 5});
  EXPECT_EQ(rows_of(some), (std::vector<double>{5, 0, 5}));
  EXPECT_EQ(some.column("kind").codes, (std::vector<std::int32_t>{1, 1, 1}));
  EXPECT_EQ(some.column("kind").categories, (Texts{"a", "b"}));  // all of them stay
  EXPECT_EQ(some.target(), "kind");
  EXPECT_EQ(some.drop({"kind"}).target(), "");
  EXPECT_EQ(some.drop({"patient"}).names(), (Texts{"row", "kind"}));
  EXPECT_EQ(counted(3).subset({}).size(), 0);
}

TEST(Table, DropsRowsWithMissingCells) {
  const Table table({number_column("x", {1, kNone, 3}), category_column("c", {"", "a", "b"})});
  EXPECT_EQ(table.drop_missing().column("x").numbers, (std::vector<double>{3}));
  EXPECT_EQ(table.drop_missing({"x"}).column("x").numbers, (std::vector<double>{1, 3}));
  EXPECT_THROW(table.drop_missing({"y"}), ValueError);
}

TEST(Table, Describes) {
  const Table table({number_column("age", {1, 2, 3, kNone}), category_column("sex", {"m", "f", "m", ""}),
                     category_column("id", {"a", "b", "c", "d"}), number_column("empty", {kNone, kNone, kNone, kNone})},
                    "sex");
  EXPECT_EQ(table.describe(),
            "4 rows, 4 columns, target sex\n"
            "column  type        missing  values\n"
            "age     numbers           1  mean 2, sd 0.8165, from 1 to 3\n"
            "sex     categories        1  2 distinct: m 2, f 1\n"
            "id      categories        0  4 distinct: a 1, b 1, c 1, d 1\n"
            "empty   numbers           4  none");
  EXPECT_THAT(Table({category_column("t", {"1", "2", "3", "4", "5", "6"})}).describe(),
              HasSubstr("6 distinct: 1 1, 2 1, 3 1, 4 1, 5 1, ..."));
}

TEST(Table, RefusesWhatBreaksTheRules) {
  const auto refused = [](std::vector<Column> columns, const std::string& target = "") {
    return message_of<ValueError>([&] { Table(std::move(columns), target); });
  };
  EXPECT_EQ(refused({number_column("a", {1}), number_column("b", {1, 2})}),
            "[table] column 'b' has 2 rows, column 'a' has 1; all must have equally many");
  EXPECT_THAT(refused({number_column("a", {1}), number_column("a", {1})}), HasSubstr("two columns are named 'a'"));
  EXPECT_THAT(refused({number_column("", {1})}), HasSubstr("the name ''"));
  EXPECT_THAT(refused({number_column("a\n", {1})}), HasSubstr("the name 'a\\x0a'"));
  EXPECT_THAT(refused({number_column("a", {1})}, "b"), HasSubstr("there is no column 'b'; the columns are a"));
  EXPECT_THAT(refused({{"a", kCategories, {}, {2}, {"x", "y"}}}), HasSubstr("the code 2"));
  EXPECT_THAT(refused({{"a", kCategories, {}, {0}, {"y", "x"}}}), HasSubstr("sorted and distinct"));
  EXPECT_THAT(refused({{"a", kNumbers, {1}, {0}, {}}}), HasSubstr("numbers and categories"));
  EXPECT_THAT(refused({category_column("a", {std::string("x\0", 2)})}), HasSubstr("NUL"));
  EXPECT_THROW(counted(3).subset({3}), ValueError);
  EXPECT_THROW(counted(3).drop({"x"}), ValueError);
}

TEST(TableSplit, IsAPartitionThatTheSeedDecides) {
  const Table table = counted(103);
  const auto [train, test] = table.split(0.8, {.seed = 7});
  EXPECT_EQ(train.size(), 82);
  EXPECT_EQ(test.size(), 21);
  std::vector<double> all = rows_of(train);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  for (const double row : rows_of(test)) all.push_back(row);
  EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 103u);
  EXPECT_EQ(rows_of(table.split(0.8, {.seed = 7}).test), rows_of(test));
  EXPECT_NE(rows_of(table.split(0.8, {.seed = 8}).test), rows_of(test));
  EXPECT_EQ(table.split(0).train.size(), 0);
  EXPECT_EQ(table.split(1).test.size(), 0);
}

TEST(TableSplit, StrataHaveTheirShare) {
  for (const std::uint64_t seed : {0u, 1u, 2u}) {
    const auto [train, test] = counted(103).split(0.8, {.seed = seed, .stratify = "kind"});
    EXPECT_EQ(train.size(), 82);
    EXPECT_EQ(count(train, "b"), 17);  // of 21
    EXPECT_EQ(count(test, "b"), 4);
  }
}

TEST(TableSplit, GroupsStayTogether) {
  const auto [train, test] = counted(99).split(0.7, {.seed = 3, .group = "patient"});
  const std::vector<double> patients = train.column("patient").numbers;
  const std::set<double> seen(patients.begin(), patients.end());
  for (const double patient : test.column("patient").numbers) EXPECT_FALSE(seen.contains(patient)) << patient;
  EXPECT_EQ(train.size(), 69);
  EXPECT_EQ(train.size() + test.size(), 99);
}

TEST(TableSplit, FoldsHoldEachRowOutOnce) {
  const Table table = counted(47);
  for (const SplitOptions& options : {SplitOptions{.seed = 1}, SplitOptions{.seed = 1, .stratify = "kind"},
                                      SplitOptions{.seed = 1, .group = "patient"}}) {
    const std::vector<TableSplit> folds = table.folds(5, options);
    ASSERT_EQ(folds.size(), 5u);
    std::multiset<double> held_out;
    std::map<double, std::size_t> fold_of_patient;
    for (std::size_t i = 0; i < 5; ++i) {
      const Table& test = folds[i].test;
      EXPECT_EQ(folds[i].train.size() + test.size(), 47);
      for (const double row : rows_of(test)) held_out.insert(row);
      const bool grouped = !options.group.empty();
      EXPECT_NEAR(static_cast<double>(test.size()), 9.5, grouped ? 2.6 : 0.6);
      EXPECT_TRUE(options.stratify.empty() || count(test, "b") == 2);
      for (const double patient : test.column("patient").numbers)
        EXPECT_TRUE(!grouped || fold_of_patient.emplace(patient, i).first->second == i);
    }
    EXPECT_EQ(held_out.size(), 47u);
    EXPECT_EQ(std::set<double>(held_out.begin(), held_out.end()).size(), 47u);
    EXPECT_EQ(rows_of(table.folds(5, options)[2].test), rows_of(folds[2].test));
  }
}

TEST(TableSplit, MissingCellsAreAStratumAndNoGroup) {
  const Table table({number_column("x", {1, kNone, 1, kNone})});
  for (const TableSplit& fold : table.folds(2, {.stratify = "x"})) EXPECT_EQ(fold.test.column("x").missing(), 1);
  EXPECT_THAT(message_of<ValueError>([&] { table.split(0.5, {.group = "x"}); }),
              HasSubstr("row 1 has no value in column 'x'"));
}

TEST(TableSplit, RefusesWhatCannotBe) {
  const Table table = counted(6);
  EXPECT_THROW(table.split(1.1), ValueError);
  EXPECT_THROW(table.split(kNone), ValueError);
  EXPECT_THROW(table.split(0.5, {.stratify = "x"}), ValueError);
  EXPECT_THAT(message_of<ValueError>([&] { table.split(0.5, {.stratify = "kind", .group = "patient"}); }),
              HasSubstr("stratify is 'kind' and group is 'patient'; give one of them"));
  EXPECT_THROW(table.folds(1), ValueError);
  EXPECT_THROW(table.folds(7), ValueError);
  EXPECT_THROW(table.folds(3, {.group = "patient"}), ValueError);  // of two groups
}

}  // namespace
}  // namespace weft::testing
