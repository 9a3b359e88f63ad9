// SPDX-License-Identifier: Apache-2.0
// A program fused and the same program node by node, on random graphs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "core/exec/executable.h"
#include "core/ops/op.h"
#include "core/passes/optimize.h"
#include "tests/core/exec/run_graph.h"
#include "tests/support/every_device.h"

namespace weft::testing {
using namespace exec;
namespace {

using ir::Value;

// Grows a graph by nodes whose operands are picked among what is there: elementwise functions with operands that
// broadcast, casts, draws, reductions, products, norms. `exact` leaves out what fusion may sum in another order.
class RandomGraph {
 public:
  RandomGraph(std::uint64_t seed, bool exact) : random_(seed), exact_(exact), build_(graph) {
    rows_ = pick(std::vector<std::int64_t>{1, 2, 7, 33}), cols_ = pick(std::vector<std::int64_t>{1, 3, 16, 65});
    for (int i = 0; i < 3; ++i) add_input({{rows_, cols_}, DType::kF32});
    add_input({{cols_}, DType::kF32});
    add_input({{rows_, 1}, DType::kF32});
    add_input({{}, DType::kF32});
    state_ = graph.add_input({{2}, DType::kI64}, ir::InputKind::kArgument, "state");
    for (int i = 0, nodes = 5 + number(25); i < nodes; ++i) grow();
    for (int i = 0, outputs = 1 + number(4); i < outputs; ++i) graph.outputs.push_back({pick(floats_), ""});
    graph.outputs.push_back({floats_.back(), ""});
  }

  ir::Graph graph;

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  template <class T>
  T pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(number(static_cast<int>(from.size())))];
  }
  void add_input(const TensorSpec& spec) { floats_.push_back(graph.add_input(spec, ir::InputKind::kArgument, "x")); }
  Value matrix() {
    std::vector<Value> all;
    for (const Value v : floats_)
      if (build_.shape(v) == Shape{rows_, cols_}) all.push_back(v);
    return pick(all);
  }
  Value full(double value) {
    return build_.emit("full", {}, {{"shape", ir::Ints{}}, {"dtype", DType::kF32}, {"value", value}});
  }

  void grow() {
    static const std::vector<const char*> unary{"negative", "abs",     "square", "relu",
                                                "tanh",     "sigmoid", "sign",   "floor"};
    static const std::vector<const char*> binary{"add", "subtract", "multiply", "minimum", "maximum"};
    switch (number(exact_ ? 7 : 11)) {
      case 0:
      case 1:
        return put(build_.emit(pick(unary), {pick(floats_)}));
      case 2:
      case 3:
        return put(build_.emit(pick(binary), {pick(floats_), pick(floats_)}));
      case 4:
        return put(build_.emit(pick(binary), {pick(floats_), full(0.5 * number(5))}));
      case 5: {
        const Value condition = build_.emit("greater", {exact_ ? pick(floats_) : floats_[0], full(0)});
        return put(build_.emit("where", {condition, pick(floats_), pick(floats_)}));
      }
      case 6: {
        if (number(2) == 0) {
          const Value half = build_.emit("cast", {pick(floats_)}, {{"dtype", number(2) ? DType::kBF16 : DType::kF64}});
          return put(build_.emit("cast", {half}, {{"dtype", DType::kF32}}));
        }
        return put(build_.emit("dropout", {matrix(), state_}, {{"rate", 0.25}, {"ordinal", std::int64_t{number(3)}}}));
      }
      case 7:
      case 8: {
        static const std::vector<const char*> reductions{"sum", "max", "min", "mean"};
        const ir::Ints axes = pick(std::vector<ir::Ints>{{0}, {1}, {0, 1}});
        const bool keep = axes == ir::Ints{1};  // so that the result broadcasts with the others
        return put(build_.emit(pick(reductions), {matrix()}, {{"axes", axes}, {"keep", keep}}));
      }
      case 9: {
        const Value left = matrix();
        const Value square = build_.emit("matmul", {left, matrix()}, {{"trans_a", true}, {"trans_b", false}});
        return put(
            build_.emit("tanh", {build_.emit("matmul", {left, square}, {{"trans_a", false}, {"trans_b", false}})}));
      }
      default:
        return put(build_.emit("batch_norm", {matrix(), floats_[3], floats_[3]}, {{"eps", 0.1}}));
    }
  }
  // Values stay near 1, so that a bound means something.
  void put(Value v) {
    if (build_.shape(v).numel() <= rows_ * cols_) floats_.push_back(v);
  }

  std::mt19937_64 random_;
  bool exact_;
  ops::Builder build_;
  std::int64_t rows_ = 0, cols_ = 0;
  std::vector<Value> floats_;
  Value state_;
};

class FusionOn : public EveryDevice {
 protected:
  std::vector<Array> inputs_of(const ir::Graph& graph, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::vector<Array> out;
    for (const ir::Input& input : graph.inputs) {
      const TensorSpec& spec = graph.spec(input.value);
      const auto n = static_cast<std::size_t>(spec.shape.numel());
      if (spec.dtype == DType::kI64) {
        const std::vector<std::int64_t> state(n, static_cast<std::int64_t>(seed));
        out.push_back(Array::from_host(state.data(), spec, Stream::current(device())));
        continue;
      }
      std::vector<float> values(n);
      for (float& v : values) v = static_cast<float>(static_cast<double>(random() % 4001) / 1000.0 - 2);
      out.push_back(Array::from_host(values.data(), spec, Stream::current(device())));
    }
    return out;
  }
  std::vector<std::vector<float>> run(const ir::Graph& graph, bool fuse, std::uint64_t seed) const {
    return run_graph(graph, {.device = device(), .fuse = fuse}, inputs_of(graph, seed));
  }
  int graphs() const { return device().is_cuda() ? 40 : 400; }  // the emulated device is slow
};

TEST_P(FusionOn, ElementwiseProgramsKeepTheirBits) {
  for (std::uint64_t seed = 0; seed < static_cast<std::uint64_t>(graphs()); ++seed) {
    const ir::Graph graph = RandomGraph(seed, true).graph;
    const auto fused = run(graph, true, seed), plain = run(graph, false, seed);
    for (std::size_t o = 0; o < plain.size(); ++o)
      for (std::size_t i = 0; i < plain[o].size(); ++i)
        ASSERT_TRUE(fused[o][i] == plain[o][i] || (std::isnan(fused[o][i]) && std::isnan(plain[o][i])))
            << "seed " << seed << ", output " << o << ", element " << i << ": " << fused[o][i] << " and "
            << plain[o][i];
  }
}

// Sums of up to 33 x 65 numbers in another order: their rounding grows with the largest number on the way, so the bound
// is relative to the largest of the output. For both kinds of devices, those with gradients along with products and
// those without.
TEST_P(FusionOn, SumsDifferByTheirOrderAlone) {
  for (std::uint64_t seed = 0; seed < static_cast<std::uint64_t>(graphs()); ++seed) {
    const ir::Graph graph = RandomGraph(seed, false).graph;
    const auto fused = run(graph, true, seed), plain = run(graph, false, seed);
    const auto other = run(passes::optimize(graph, {.gradient_epilogues = device().is_cpu()}), false, seed);
    for (std::size_t o = 0; o < plain.size(); ++o) {
      float largest = 1;
      for (const float v : plain[o])
        if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
      for (std::size_t i = 0; i < plain[o].size(); ++i) {
        if (!std::isfinite(plain[o][i])) continue;
        for (const float value : {fused[o][i], other[o][i]})
          ASSERT_NEAR(value, plain[o][i], 1e-4f * largest) << "seed " << seed << ", output " << o << ", element " << i;
      }
    }
  }
}

// A mean over rows of which some are ignored: the op divides before it rounds, in another order of two products.
TEST_P(FusionOn, ALossWritesTheMeansGradient) {
  ir::Graph graph;
  ops::Builder build(graph);
  const Value logits = graph.add_input({{1025, 1024}, DType::kF32}, ir::InputKind::kArgument, "x");
  const Value chosen = graph.add_input({{1025}, DType::kF32}, ir::InputKind::kArgument, "y");
  const Value two = build.emit("full", {}, {{"shape", ir::Ints{}}, {"dtype", DType::kF32}, {"value", 2.0}});
  const Value labels =
      build.emit("cast", {build.emit("multiply", {build.emit("abs", {chosen}), two})}, {{"dtype", DType::kI64}});
  const auto loss = build.emit_all(ir::OpId::of("softmax_cross_entropy"), {logits, labels},
                                   {{"label_smoothing", 0.0}, {"ignore_index", std::int64_t{1}}});
  const ir::Attributes all{{"axes", ir::Ints{0}}, {"keep", false}};
  const Value rows = build.emit("sum", {loss[2]}, all);
  const Value gradient = build.emit("multiply", {loss[1], build.emit("divide", {two, rows})});
  graph.outputs = {{build.emit("divide", {build.emit("sum", {loss[0]}, all), rows}), ""}, {gradient, ""}};

  const Executable program(graph, BuildOptions{.device = device()});
  EXPECT_TRUE(std::ranges::any_of(
      program.graph().nodes, [](const ir::Node& node) { return node.op.name() == "softmax_cross_entropy_scaled"; }));
  const auto fused = run(graph, true, 1), plain = run(graph, false, 1);
  EXPECT_NEAR(fused[0][0], plain[0][0], 1e-5f);
  for (std::size_t i = 0; i < plain[1].size(); ++i) ASSERT_NEAR(fused[1][i], plain[1][i], 1e-9f) << i;
}

WEFT_ON_EVERY_DEVICE(FusionOn);

}  // namespace
}  // namespace weft::testing
