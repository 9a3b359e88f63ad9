// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "core/ops/op.h"
#include "tests/architecture/includes.h"

// String literals that are used as names of ops. A name that no op bears makes a rule that never applies.
namespace weft::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Names = std::set<std::string>;

void add_matches(const std::string& text, const std::regex& pattern, Names& names) {
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) names.insert((*it)[1]);
}

// Names that nodes' ops are compared with.
Names compared(const std::string& text) {
  static const std::regex kComparison(R"re((?:\bop|\bop\(\)|name\(\)|maker)\s*[!=]=\s*"(\w+)")re");
  static const std::regex kReverse(R"re("(\w+)"\s*[!=]=\s*(?:op\b|[\w.>()-]*op\.name\(\)))re");
  static const std::regex kList(R"re((?:one_of\(|pair<std::string_view, \w+> \w+\[\] =)([^;]*);)re");
  static const std::regex kLiteral(R"re("(\w+)")re");
  Names names, lists;
  add_matches(text, kComparison, names);
  add_matches(text, kReverse, names);
  add_matches(text, kList, lists);
  for (const std::string& list : lists) add_matches(list, kLiteral, names);
  return names;
}

// Names that nodes are made with, and kernels found by.
Names made(const std::string& text) {
  static const std::regex kMade(
      R"re((?:OpId::of|\bemit|\bemit_all|\bapply1|\badd|\breduce|\bcompare|\bKernelRow\{|WEFT_ROW|request,|device,)\s*\(?\s*"(\w+)")re");
  Names names;
  add_matches(text, kMade, names);
  return names;
}

Names names_in(const std::string& text) {
  Names names = compared(text);
  names.merge(made(text));
  return names;
}

bool is_op(const std::string& name) {
  static const std::vector<std::string> all = ops::builtin_ops();
  return name == ir::input_op().name() || std::ranges::find(all, name) != all.end();
}

bool in(const SourceFile& file, std::string_view folder) { return file.path.starts_with(folder); }

TEST(OpNames, AreReadFromCode) {
  EXPECT_THAT(names_in(R"(if (op == "permute" || node.op.name() != "flip") build.emit("roll", {x});
                          static const OpId id = OpId::of("cast"); // op == "comment"
                          return one_of(node, {"exp", "log"});)"),
              UnorderedElementsAre("permute", "flip", "roll", "cast", "comment", "exp", "log"));
  EXPECT_THAT(names_in(R"(WEFT_ROW("sum", reduce), static std::pair<std::string_view, Rule> rules[] = {{"pad", pad}};
                          fail<ShapeError>("pool", "is ", x); attributes.ints("axes"); text == "best")"),
              UnorderedElementsAre("sum", "pad"));
}

TEST(OpNames, InTheLibraryAreThoseOfOps) {
  std::size_t found = 0;
  for (const SourceFile& file : library_files()) {
    if (!in(file, "core/") && !in(file, "kernels/")) continue;
    const Names names = names_in(without_comments(file.text));
    found += names.size();
    for (const std::string& name : names) EXPECT_TRUE(is_op(name)) << file.path << ": no op is named \"" << name << '"';
  }
  EXPECT_GT(found, 150u);
}

// Rules about particular ops, each file for its own. What else asks a question of an op asks its facts
// (core/ops/facts.h), since a list of ops elsewhere is wrong on the day that an op is added.
TEST(OpNames, AreComparedWhereTheRuleIsAboutThem) {
  static const std::map<std::string, std::string> kAbout = {
      {"core/program/ending.cpp", "the reductions of elementwise programs"},
      {"core/program/lower.cpp", "the instructions of elementwise programs"},
      {"core/passes/cleanup/simplify.cpp", "identities"},
      {"core/passes/fuse/activation_gradients.cpp", "products with ReLU and GELU"},
      {"core/passes/fuse/bias_gradients.cpp", "products and sums"},
      {"core/passes/lower/loss_scale.cpp", "cross entropy times a factor"},
      {"core/passes/lower/rounding.cpp", "a product and its bias"},
  };
  for (const SourceFile& file : library_files()) {
    if (!in(file, "core/") || in(file, "core/ops/")) continue;
    Names names = compared(without_comments(file.text));
    std::erase_if(names, [](const std::string& name) { return !is_op(name); });
    if (kAbout.contains(file.path)) {
      EXPECT_FALSE(names.empty()) << file.path << " names no op any more: take it from this list";
    } else {
      EXPECT_THAT(names, IsEmpty()) << file.path << " compares names of ops: state a fact in core/ops/facts.h instead";
    }
  }
}

}  // namespace
}  // namespace weft::testing
