// SPDX-License-Identifier: Apache-2.0
#include "core/exec/instance.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/ops/op.h"
#include "tests/support/every_device.h"
#include "weft/error.h"

namespace weft::testing {
using namespace exec;
namespace {

class ExecutableOn : public EveryDevice {
 protected:
  Array array(const std::vector<float>& values, const Shape& shape) const {
    return Array::from_host(values.data(), {shape, DType::kF32}, Stream::current(device()));
  }
  static std::vector<float> values(const Array& a) {
    std::vector<float> out(static_cast<std::size_t>(a.shape().numel()));
    a.copy_to_host(out.data());
    return out;
  }
  std::vector<Array> run(Instance& program, const std::vector<Array>& inputs, std::vector<Array> targets = {}) const {
    targets.resize(program.executable().graph().outputs.size());
    return program.run(inputs, targets, Stream::current(device()));
  }
};

// y = relu(x w) summed over rows.
ir::Graph layer() {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{3, 2}, DType::kF32}, ir::InputKind::kArgument, "x");
  const ir::Value w = graph.add_input({{2, 4}, DType::kF32}, ir::InputKind::kVariable, "w");
  const ir::Value product = build.emit("matmul", {x, w}, {{"trans_a", false}, {"trans_b", false}});
  const ir::Value unused = build.emit("exp", {product});
  (void)unused;
  const ir::Value active = build.emit("relu", {product});
  graph.outputs.push_back({build.emit("sum", {active}, {{"axes", ir::Ints{0}}, {"keep", false}}), ""});
  return graph;
}

TEST_P(ExecutableOn, PrunesPlansAndRuns) {
  Instance program(std::make_shared<const Executable>(layer(), BuildOptions{.device = device()}));
  for (const ir::Node& node : program.executable().graph().nodes) EXPECT_NE(node.op.name(), "exp");
  const std::vector<Array> inputs{array({1, 2, 3, 4, 5, 6}, {3, 2}), array({1, 0, -1, 2, 0, 1, -1, -2}, {2, 4})};
  EXPECT_EQ(values(run(program, inputs)[0]), (std::vector<float>{9, 12, 0, 0}));
  EXPECT_EQ(values(run(program, inputs)[0]), (std::vector<float>{9, 12, 0, 0}));
}

TEST_P(ExecutableOn, InputsMayMoveBetweenRuns) {
  Instance program(std::make_shared<const Executable>(layer(), BuildOptions{.device = device()}));
  const Array w = array({1, 0, 0, 0, 0, 1, 0, 0}, {2, 4});
  const Array a = array({1, 2, 3, 4, 5, 6}, {3, 2}), b = array({1, 1, 1, 1, 1, 1}, {3, 2});
  EXPECT_EQ(values(run(program, {a, w})[0]), (std::vector<float>{9, 12, 0, 0}));
  EXPECT_EQ(values(run(program, {b, w})[0]), (std::vector<float>{3, 3, 0, 0}));
  EXPECT_EQ(values(run(program, {a, w})[0]), (std::vector<float>{9, 12, 0, 0}));
}

// z = 2 exp(x), computed in place, then read for y and a sum, and given beside them.
ir::Graph given_and_read() {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{4}, DType::kF32}, ir::InputKind::kArgument, "x");
  const ir::Value e = build.emit("exp", {x}), z = build.emit("add", {e, e});
  graph.outputs = {{z, ""}, {build.emit("negative", {z}), ""}};
  graph.outputs.push_back({build.emit("sum", {z}, {{"axes", ir::Ints{0}}, {"keep", false}}), ""});
  return graph;
}

TEST_P(ExecutableOn, ResultsStayWhenTheProgramGoesOn) {
  for (const bool fuse : {false, true}) {
    const BuildOptions options{.device = device(), .fuse = fuse};
    Instance program(std::make_shared<const Executable>(given_and_read(), options));
    const Stream stream = Stream::current(device());
    const Array zeros = array({0, 0, 0, 0}, {4}), far = array({-200, -200, -200, -200}, {4});
    const std::vector<Array> first = run(program, {zeros});
    run(program, {far});
    const Array there = array({7, 7, 7, 7}, {4});
    const Array also_there = array({7, 7, 7, 7}, {4});
    program.profile(std::vector<Array>{far}, std::vector<Array>(3), stream);
    for (const Array* held : {&there, &also_there})
      EXPECT_EQ(values(*held), (std::vector<float>{7, 7, 7, 7})) << "memory of a result that is gone was written";
    EXPECT_EQ(values(first[0]), (std::vector<float>{2, 2, 2, 2}));
    EXPECT_EQ(values(first[1]), (std::vector<float>{-2, -2, -2, -2}));
    EXPECT_EQ(values(first[2]), (std::vector<float>{8}));
    // The user's memory, also where it is the argument's.
    const Array own = array({0, 0, 0, 0}, {4});
    EXPECT_EQ(values(run(program, {own}, {own})[2]), (std::vector<float>{8}));
    EXPECT_EQ(values(own), (std::vector<float>{2, 2, 2, 2}));
    EXPECT_EQ(values(run(program, {zeros})[0]), (std::vector<float>{2, 2, 2, 2}));
  }
}

// A value given twice, and one that is given together with what it was computed from in the same bytes.
TEST_P(ExecutableOn, ResultsAreEachTheirOwnMemory) {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{2, 2}, DType::kF32}, ir::InputKind::kArgument, "x");
  const ir::Value y = build.emit("negative", {x}), flat = build.emit("reshape", {y}, {{"shape", ir::Ints{4}}});
  graph.outputs = {{y, ""}, {flat, ""}, {y, ""}};
  Instance program(std::make_shared<const Executable>(graph, BuildOptions{.device = device()}));
  const std::vector<Array> out = run(program, {array({1, 2, 3, 4}, {2, 2})});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(values(out[i]), (std::vector<float>{-1, -2, -3, -4}));
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(out[i].data(), out[j].data());
  }
}

TEST_P(ExecutableOn, AnUpdateIsWrittenStraightIntoTheVariable) {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value v = graph.add_input({{4}, DType::kF32}, ir::InputKind::kVariable, "v");
  const ir::Value twice = build.emit("add", {v, v});
  graph.outputs.push_back({twice, "v"});
  Instance program(std::make_shared<const Executable>(graph, BuildOptions{.device = device()}));
  EXPECT_TRUE(program.executable().plan().results[0].in_place);
  EXPECT_TRUE(program.executable().plan().blocks.empty());
  const Array cell = array({1, 2, 3, 4}, {4});
  run(program, {cell}, {cell});
  run(program, {cell}, {cell});
  EXPECT_EQ(values(cell), (std::vector<float>{4, 8, 12, 16}));
}

// Two products and a sum, computed into the slots of one flat tensor.
TEST_P(ExecutableOn, PartsAreComputedIntoTheWhole) {
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{8, 16}, DType::kF32}, ir::InputKind::kArgument, "x");
  const ir::Value y = graph.add_input({{8, 4}, DType::kF32}, ir::InputKind::kArgument, "y");
  const ir::Value product = build.emit("matmul", {x, y}, {{"trans_a", true}, {"trans_b", false}});
  const ir::Value flat = build.emit("reshape", {product}, {{"shape", ir::Ints{64}}});
  const ir::Value rows = build.emit("sum", {y}, {{"axes", ir::Ints{0}}, {"keep", false}});
  const ir::Value packed = build.emit("pack", {rows, flat}, {{"slot", std::int64_t{64}}});
  graph.outputs.push_back({packed, ""});
  Instance program(std::make_shared<const Executable>(graph, BuildOptions{.device = device()}));
  const plan::Plan& plan = program.executable().plan();
  const ir::Value whole = program.executable().graph().outputs[0].value;
  const auto& parts = program.executable().graph().node(whole).inputs;
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_EQ(plan.at(parts[i]).offset, plan.at(whole).offset + static_cast<std::int64_t>(i) * 256);
  std::vector<float> ones(8 * 16, 1.0F), counted(8 * 4);
  for (std::size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<float>(i);
  std::vector<float> expected(128, 0.0F);
  for (std::size_t i = 0; i < counted.size(); ++i) {
    expected[i % 4] += counted[i];
    for (std::size_t k = 0; k < 16; ++k) expected[64 + k * 4 + i % 4] += counted[i];
  }
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(values(run(program, {array(ones, {8, 16}), array(counted, {8, 4})})[0]), expected);
}

// The gradient of the loss lies over the logits, and is the same as beside them.
TEST_P(ExecutableOn, TheLossesGradientLiesOverTheLogits) {
  const auto program = [&](bool keep_logits) {
    ir::Graph graph;
    ops::Builder build(graph);
    const ir::Value x = graph.add_input({{3, 5}, DType::kF32}, ir::InputKind::kArgument, "x");
    const ir::Value y = graph.add_input({{3}, DType::kI64}, ir::InputKind::kArgument, "y");
    const ir::Value logits = build.emit("exp", {x});
    const auto loss = build.emit_all(ir::OpId::of("softmax_cross_entropy"), {logits, y},
                                     {{"label_smoothing", 0.1}, {"ignore_index", std::int64_t{-100}}});
    graph.outputs = {{loss[0], ""}, {loss[1], ""}};
    if (keep_logits) graph.outputs.push_back({logits, ""});
    return std::make_unique<Instance>(std::make_shared<const Executable>(graph, BuildOptions{.device = device()}));
  };
  const auto over = program(false), beside = program(true);
  const plan::Plan& plan = over->executable().plan();
  const ir::Graph& graph = over->executable().graph();
  const ir::Value gradient = graph.outputs[1].value;
  EXPECT_EQ(plan.at(gradient).offset, plan.at(graph.node(gradient).inputs[0]).offset);
  const std::vector<std::int64_t> labels{4, -100, 0};
  const std::vector<Array> inputs{array({1, 2, 0, -1, 0.5, 0, 0, 0, 0, 0, 2, -2, 1, 0, -1}, {3, 5}),
                                  Array::from_host(labels.data(), {{3}, DType::kI64}, Stream::current(device()))};
  const auto a = run(*over, inputs), b = run(*beside, inputs);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(values(a[i]), values(b[i]));
}

TEST_P(ExecutableOn, AMissingKernelNamesOpAndDevice) {
  ops::OpDef def;
  def.facts = ops::opaque_facts();
  def.name = "test::without_kernel_on_" + device().name();
  def.infer = [](std::span<const TensorSpec> in, const ir::Attributes&) { return std::vector<TensorSpec>{in[0]}; };
  ops::register_op(std::move(def));
  ir::Graph graph;
  ops::Builder build(graph);
  const ir::Value x = graph.add_input({{4}, DType::kF32}, ir::InputKind::kArgument, "x");
  graph.outputs.push_back({build.emit("test::without_kernel_on_" + device().name(), {x}), ""});
  try {
    Instance program(std::make_shared<const Executable>(graph, BuildOptions{.device = device()}));
    FAIL() << "must throw";
  } catch (const DeviceError& e) {
    EXPECT_NE(std::string(e.what()).find("test::without_kernel"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find(device().name().substr(0, 3)), std::string::npos);
  }
}

// Programs of several threads share the pool of arenas and the thread pool, not their memory.
TEST_P(ExecutableOn, ProgramsOfSeveralThreadsDoNotMeet) {
#ifdef WEFT_CUDA_EMULATED
  if (device().is_cuda()) GTEST_SKIP() << "the emulated device runs one thread's work at a time";
#endif
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> results(4);
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      Instance program(std::make_shared<const Executable>(layer(), BuildOptions{.device = device()}));
      const auto f = static_cast<float>(t + 1);
      const std::vector<Array> inputs{array({f, f, f, f, f, f}, {3, 2}), array({1, 2, 3, 4, 1, 2, 3, 4}, {2, 4})};
      for (int i = 0; i < 50; ++i) results[t] = values(run(program, inputs)[0]);
    });
  for (std::thread& t : threads) t.join();
  for (std::size_t t = 0; t < results.size(); ++t) {
    const auto f = static_cast<float>(6 * (t + 1));
    EXPECT_EQ(results[t], (std::vector<float>{f, 2 * f, 3 * f, 4 * f}));
  }
}

WEFT_ON_EVERY_DEVICE(ExecutableOn);

}  // namespace
}  // namespace weft::testing
