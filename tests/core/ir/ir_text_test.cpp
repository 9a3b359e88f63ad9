// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "core/ir/compare.h"
#include "core/ir/print.h"
#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "tests/core/ir/texts.h"
#include "weft/error.h"

namespace weft::testing {
using namespace ir;
namespace {

std::string error_of(std::string_view text) {
  try {
    read(text);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Text, PrintsWhatTheHeaderSays) {
  Graph g;
  const Value x = g.add_input({{2, 3}}, InputKind::kArgument, "x");
  const Value w = g.add_input({{3}}, InputKind::kVariable, "w");
  const Value y = g.append({OpId::of("add"), {x, w}, {{{2, 3}}}, {{"z", true}, {"a", 2.0}}, "model.0", {}});
  const Value t = g.append({OpId::of("topk"), {y}, {{{2, 1}}, {{2, 1}, DType::kI64}}, {}, "", {}});
  g.outputs = {{{t.node, 1}}, {w, "w"}};
  EXPECT_EQ(print(g),
            "graph {\n"
            "  %0 = input argument \"x\" : f32(2, 3)\n"
            "  %1 = input variable \"w\" : f32(3,)\n"
            "  %2 = add(%0, %1) {a=2.0, z=true} : f32(2, 3) @ model.0\n"
            "  %3:2 = topk(%2) : f32(2, 1), i64(2, 1)\n"
            "  return %3.1\n"
            "  assign \"w\" = %1\n"
            "}\n");
}

TEST(Text, RoundTripIsExact) {
  const Graph g = read(kEverything);
  EXPECT_EQ(print(g), kEverything);
  EXPECT_TRUE(same(g, read(print(g))));
  ASSERT_TRUE(g.nodes[5].region && g.nodes[5].region.graph->nodes[3].region);
  EXPECT_EQ(g.nodes[4].path, "a layer, \"quoted\"");
  EXPECT_EQ(g.nodes[6].attributes.get<std::string>("e"), "\n\\");
  EXPECT_EQ(g.inputs[2].kind, InputKind::kCapture);
}

TEST(Text, DoublesKeepTheirBits) {
  std::mt19937_64 bits(7);
  std::vector<double> values{0.0,      -0.0,     1.0, -1e300, 5e-324, 1e22, std::numeric_limits<double>::max(),
                             INFINITY, -INFINITY};
  for (int i = 0; i < 2000; ++i) values.push_back(std::bit_cast<double>(bits()));
  for (int i = 0; i < 64; ++i) values.push_back(std::bit_cast<double>(0x7ff0000000000001u | bits()));
  for (const double value : values) {
    Graph g;
    g.append({OpId::of("full"), {}, {{}}, {{"value", value}}, "", {}});
    const Graph back = read(print(g));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.nodes[0].attributes.real("value")), std::bit_cast<std::uint64_t>(value))
        << print(g);
    EXPECT_TRUE(same(g, back));
  }
}

TEST(Text, EveryByteCanStandInAName) {
  std::string name;
  for (int c = 0; c < 256; ++c) name += static_cast<char>(c);
  Graph g;
  const Value x = g.add_input({}, InputKind::kVariable, name);
  g.append({OpId::of(name), {x}, {{}}, {{name, name}}, name, {}});
  g.outputs = {{x, name}};
  const Graph back = read(print(g));
  EXPECT_TRUE(same(g, back));
  EXPECT_EQ(back.nodes[1].path, name);
}

TEST(Text, ErrorsNameLineAndColumn) {
  EXPECT_EQ(error_of("graph {\n  %0 = input argument \"x\" : f32(2)\n  %1 = relu(%2) : f32(2)\n}"),
            "graph text, line 3, column 14: %2 is not defined yet");
  EXPECT_EQ(error_of("graph {\n  %0 = input argument \"x\" : f31(2)\n}").substr(0, 36),
            "graph text, line 2, column 29: unkno");
  EXPECT_EQ(error_of("graph {\n  %1 = x() : f32()\n}"), "graph text, line 2, column 4: expected %0");
  EXPECT_EQ(error_of(""), "graph text, line 1, column 1: expected 'graph'");
  EXPECT_EQ(error_of("graph { } x"), "graph text, line 1, column 11: nothing comes after the graph's '}'");
}

TEST(Text, RejectsWhatVerifyWould) {
  const auto bad = [](const std::string& lines) {
    return error_of("graph {\n%0 = input variable \"v\" : f32(2)\n" + lines + "}");
  };
  EXPECT_EQ(bad("return %0\n"), "no error");
  EXPECT_EQ(bad("%1 = inputs(%0) : f32(2)\n"), "no error");
  EXPECT_NE(bad("%1 = relu(%0) : f32(-2)\n").find("not be negative"), std::string::npos);
  EXPECT_NE(bad("%1 = relu(%0) : f32(4611686018427387904, 3)\n").find("fit 64 bits"), std::string::npos);
  EXPECT_NE(bad("%1 = relu(%0.1) : f32(2)\n").find("no output 1"), std::string::npos);
  EXPECT_NE(bad("%1:2 = relu(%0) : f32(2)\n").find("announced"), std::string::npos);
  EXPECT_NE(bad("%1 = input variable \"v\" : f32(2)\n").find("twice"), std::string::npos);
  EXPECT_NE(bad("assign \"v\" = %0\nassign \"v\" = %0\n").find("assigned twice"), std::string::npos);
  EXPECT_NE(bad("%1 = neg(%0) : f32(3)\nassign \"v\" = %1\n").find("is f32(2,) and is assigned f32(3,)"),
            std::string::npos);
  EXPECT_NE(bad("%1 = x(%0) {a=1, a=2} : f32(2)\n").find("stands twice"), std::string::npos);
  EXPECT_NE(bad("%1 = x(%0) {a=9223372036854775808} : f32(2)\n").find("no number"), std::string::npos);
  EXPECT_NE(bad("%1 = x(%0) {a=1.5.5} : f32(2)\n").find("no number"), std::string::npos);
  EXPECT_NE(bad("%1 = x(%0) {a=\"b\nc\"} : f32(2)\n").find("ends on its line"), std::string::npos);
  EXPECT_NE(bad("%1 = input argument \"\" : f32(2) region loop {}\n").find("has no region"), std::string::npos);
  EXPECT_NE(bad("%1 = x(%0) : f32(2) region forest {}\n").find("'forest' is no kind of region"), std::string::npos);
  EXPECT_NE(bad("%1:2 = input argument \"\" : f32(2), f32(2)\n").find("announced"), std::string::npos);
  EXPECT_NE(bad("assign \"\" = %0\n").find("has a name"), std::string::npos);
  EXPECT_NE(bad("%1 = \"input\"(%0) : f32(2)\n").find("an input is no op"), std::string::npos);
}

TEST(Text, OpaqueAttributesPrintAndAreNotRead) {
  Graph g;
  g.append({OpId::of("user"), {}, {{}}, {{"state", Opaque{}}}, "", {}});
  EXPECT_NE(print(g).find("user() {state=<opaque>} : f32()"), std::string::npos);
  EXPECT_NE(error_of(print(g)).find("an opaque attribute cannot be read"), std::string::npos);
}

TEST(Text, DeepNestingIsAnErrorAndNotACrash) {
  std::string text = "graph {";
  for (int i = 0; i < 100000; ++i) text += "%0 = a() : f32() region loop {";
  EXPECT_NE(error_of(text).find("nested more than"), std::string::npos);
}

// Reads a damaged text. False for a FormatError; true for a graph that the verifier and the printer take.
bool read_damaged(const std::string& text) {
  try {
    const Graph g = read(text);
    verify(g);
    EXPECT_TRUE(same(g, read(print(g)))) << text;
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

TEST(Text, DamagedTextNeverCrashes) {
  const std::string whole = kEverything;
  for (std::size_t n = 0; n + 1 < whole.size(); ++n) EXPECT_FALSE(read_damaged(whole.substr(0, n))) << n;
  int whole_still = 0;
  std::mt19937 random(1);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 20000; ++round) {
    std::string text = whole;
    for (std::size_t flips = 1 + below(3); flips > 0; --flips) {
      const std::size_t at = below(text.size());
      if (below(2)) {
        text[at] = static_cast<char>(below(256));
      } else {
        // Another character of the text: far more often still a word or a number.
        text[at] = whole[below(whole.size())];
      }
    }
    if (below(4) == 0) text.erase(below(text.size()), 1 + below(20));
    whole_still += read_damaged(text);
  }
  EXPECT_GT(whole_still, 500);
  EXPECT_LT(whole_still, 19000);
}

}  // namespace
}  // namespace weft::testing
