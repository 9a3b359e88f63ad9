// SPDX-License-Identifier: Apache-2.0
#include "core/program/lower.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::testing {
using namespace elementwise;
namespace {

// A body that is written node by node.
class Writer {
 public:
  explicit Writer(Shape shape = {6, 4}) : shape_(std::move(shape)) {}

  ir::Value input(Shape shape, DType dtype = DType::kF32) {
    return body_.add_input({std::move(shape), dtype}, ir::InputKind::kArgument, "");
  }
  ir::Value input() { return input(shape_); }
  ir::Value call(const char* op, std::vector<ir::Value> inputs) {
    return body_.append({ir::OpId::of(op), std::move(inputs), {{shape_, DType::kF32}}, {}});
  }
  ir::Value constant(double value) {
    return body_.append({ir::OpId::of("full"), {}, {{Shape{}, DType::kF32}}, {{"value", value}}});
  }
  ir::Value sum(ir::Value x, ir::Ints axes, Shape shape) {
    return body_.append(
        {ir::OpId::of("sum"), {x}, {{std::move(shape), DType::kF32}}, {{"axes", std::move(axes)}, {"keep", false}}});
  }
  void output(ir::Value v) { body_.outputs.push_back({v}); }

  // "" where it is one program.
  std::string refusal() const {
    const auto lowered = lower(whole_body(body_));
    const auto* refusal = std::get_if<Refusal>(&lowered);
    EXPECT_EQ(admissible(whole_body(body_)), !refusal);
    return refusal ? refusal->text : "";
  }
  Lowered lowered() const { return std::get<Lowered>(lower(whole_body(body_))); }

 private:
  Shape shape_;
  ir::Graph body_;
};

TEST(Lower, OutputsFit) {
  Writer at, beyond;
  for (Writer* w : {&at, &beyond}) {
    const ir::Value x = w->input();
    for (int i = 0; i < Program::kMaxOutputs; ++i) w->output(w->call("exp", {x}));
  }
  beyond.output(beyond.input());
  EXPECT_EQ(at.refusal(), "");
  EXPECT_EQ(beyond.refusal(), "needs 9 outputs; at most 8");
}

std::string sum_of_inputs(int n) {
  Writer w;
  ir::Value all = w.input();
  for (int i = 1; i < n; ++i) all = w.call("add", {all, w.input()});
  w.output(all);
  return w.refusal();
}
TEST(Lower, OperandsFit) {
  EXPECT_EQ(sum_of_inputs(Program::kMaxAccesses), "");
  EXPECT_EQ(sum_of_inputs(Program::kMaxAccesses + 1), "needs 21 operands and draws; at most 20");
}

std::string sum_of_constants(int n) {
  Writer w;
  ir::Value all = w.input();
  for (int i = 0; i < n; ++i) all = w.call("add", {all, w.constant(1.0 + i)});
  w.output(all);
  return w.refusal();
}
TEST(Lower, ConstantsFit) {
  EXPECT_EQ(sum_of_constants(Program::kMaxConstants), "");
  EXPECT_EQ(sum_of_constants(Program::kMaxConstants + 1), "needs 25 constants; at most 24");
}

std::string chain(int n) {
  Writer w;
  ir::Value x = w.input();
  for (int i = 0; i < n; ++i) x = w.call("negative", {x});
  w.output(x);
  return w.refusal();
}
TEST(Lower, InstructionsFit) {
  EXPECT_EQ(chain(Program::kMaxInstrs - 2), "") << "a load, and a store";
  EXPECT_EQ(chain(Program::kMaxInstrs - 1), "needs 97 instructions; at most 96");
}

// n values that are all needed until the last one is known.
std::string kept_values(int n) {
  Writer w;
  std::vector<ir::Value> kept{w.input()};
  while (static_cast<int>(kept.size()) < n) kept.push_back(w.call("negative", {kept.back()}));
  ir::Value all = kept.back();
  for (int i = 0; i + 2 < n; i += 2) {
    const auto k = static_cast<std::size_t>(i);
    all = w.call("fma", {kept[k], kept[k + 1], all});
  }
  w.output(all);
  return w.refusal();
}
TEST(Lower, RegistersFit) {
  EXPECT_EQ(kept_values(Program::kMaxRegisters - 1), "");
  EXPECT_EQ(kept_values(Program::kMaxRegisters + 1), "needs 49 registers; at most 48");
}

// Every second axis is broadcast, so that none can be merged with its neighbor.
std::string broadcast_axes(int axes) {
  std::vector<std::int64_t> whole(static_cast<std::size_t>(axes), 2), part = whole;
  for (std::size_t i = 0; i < part.size(); i += 2) part[i] = 1;
  Writer w{Shape(whole)};
  w.output(w.call("add", {w.input(), w.input(Shape(part))}));
  return w.refusal();
}
TEST(Lower, AxesFit) {
  EXPECT_EQ(broadcast_axes(Geometry::kMaxAxes), "");
  EXPECT_NE(broadcast_axes(Geometry::kMaxAxes + 1).find("at most 6 axes"), std::string::npos);
}

TEST(Lower, TheStateOfADrawIsAnInput) {
  Writer w{Shape{2}};
  const ir::Value state = w.call("negative", {w.input()});
  w.output(w.call("uniform", {state}));
  EXPECT_EQ(w.refusal(), "the state of a draw must be an input of the body");
}

TEST(Lower, ReductionsAreOverTheFirstOrTheLastAxes) {
  struct Row {
    ir::Ints axes;
    Shape shape;
    bool fits, columns;
  };
  const Row rows[] = {{{0}, {1, 3, 4}, true, false}, {{0, 1, 2}, {4}, true, true},  {{2}, {2, 1, 4}, false, false},
                      {{0, 2}, {1, 4}, true, true},  {{3}, {2, 1, 3}, true, false}, {{1}, {2, 3, 4}, true, false},
                      {{1, 2, 3}, {2}, true, false}, {{0, 3}, {1, 3}, false, false}};
  for (const Row& row : rows) {
    Writer w{Shape{2, 1, 3, 4}};
    w.output(w.sum(w.call("exp", {w.input()}), row.axes, row.shape));
    EXPECT_EQ(w.refusal().empty(), row.fits) << row.shape.text();
    if (row.fits) {
      EXPECT_EQ(reduces_to_columns(w.lowered(), 4), row.columns) << row.shape.text();
    }
  }
}

// The lowering that a pass asks for is the one that the kernel runs.
TEST(Lower, APartOfAGraphIsLoweredAsABody) {
  ir::Graph graph;
  const TensorSpec spec{{6, 4}, DType::kF32};
  const ir::Value c = graph.append({ir::OpId::of("full"), {}, {{Shape{}, DType::kF32}}, {{"value", 2.0}}});
  const ir::Value x = graph.add_input(spec, ir::InputKind::kArgument, "");
  const ir::Value before = graph.append({ir::OpId::of("sort"), {x}, {spec}, {}});
  const ir::Value y = graph.append({ir::OpId::of("add"), {before, c}, {spec}, {}});
  graph.append({ir::OpId::of("exp"), {y}, {spec}, {}});
  const auto part = std::get<Lowered>(lower(Body{graph, {before}, {y}}));

  Writer w;
  const ir::Value in = w.input();
  w.output(w.call("add", {in, w.constant(2)}));
  const Lowered whole = w.lowered();
  ASSERT_EQ(part.program.count, whole.program.count);
  for (int i = 0; i < part.program.count; ++i) {
    EXPECT_EQ(part.program.code[i].kind, whole.program.code[i].kind);
    EXPECT_EQ(part.program.code[i].dst, whole.program.code[i].dst);
    EXPECT_EQ(part.program.code[i].a, whole.program.code[i].a);
  }
  EXPECT_EQ(part.program.registers, whole.program.registers);
}

}  // namespace
}  // namespace weft::testing
