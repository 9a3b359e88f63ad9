// SPDX-License-Identifier: Apache-2.0
// Gradients of random networks with and without what a matrix library computes along with its products.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "core/autodiff/autodiff.h"
#include "core/ir/prune.h"
#include "core/ops/op.h"
#include "core/passes/lower/mixed_precision.h"
#include "core/passes/optimize.h"
#include "tests/core/exec/run_graph.h"
#include "tests/support/every_device.h"

namespace weft::testing {
using namespace exec;
namespace {

using ir::Value;

// Layers of random widths and activations, with or without a bias, their weights stored either way round; sometimes
// something stands between them or reads a layer's output, too. The outputs are the gradients of a weighted sum by all
// weights, biases and the batch, and what is read beside.
class RandomNet {
 public:
  explicit RandomNet(std::uint64_t seed) : random_(seed), build_(graph) {
    const std::vector<std::int64_t> widths{1, 3, 8, 16, 65, 136};
    rows_ = pick(std::vector<std::int64_t>{1, 2, 7, 33});
    std::int64_t width = pick(widths);
    Value x = add_input({rows_, width});
    for (int layer = 0, layers = 2 + number(3); layer < layers; ++layer) {
      const std::int64_t next = pick(widths);
      x = add_layer(x, width, next);
      width = next;
    }
    const std::vector<Value> outputs{x}, cotangents{add_input({rows_, width}, false)};
    for (const Value gradient : autodiff::backward(build_, outputs, cotangents, wrt_))
      if (gradient.defined()) graph.outputs.push_back({gradient, ""});
  }

  ir::Graph graph;

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  template <class T>
  T pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(number(static_cast<int>(from.size())))];
  }
  Value add_input(const Shape& shape, bool wanted = true) {
    const Value v = graph.add_input({shape, DType::kF32}, ir::InputKind::kArgument, "x");
    if (wanted) wrt_.push_back(v);
    return v;
  }
  Value add_layer(Value x, std::int64_t in, std::int64_t out) {
    const bool transposed = number(4) != 0;
    const Value w = add_input(transposed ? Shape{out, in} : Shape{in, out});
    x = build_.emit("matmul", {x, w}, {{"trans_a", false}, {"trans_b", transposed}});
    if (number(4) != 0) x = build_.emit("add", {x, add_input({out})});
    x = build_.emit(pick(std::vector<const char*>{"relu", "relu", "relu", "gelu_tanh", "gelu_tanh", "tanh"}), {x});
    if (number(6) == 0) x = build_.emit("multiply", {x, x});
    if (number(4) == 0) graph.outputs.push_back({x, ""});
    return x;
  }

  std::mt19937_64 random_;
  ops::Builder build_;
  std::int64_t rows_ = 0;
  std::vector<Value> wrt_;
};

class GradientEpiloguesOn : public EveryDevice {
 protected:
  // Small factors, so that nothing grows from layer to layer.
  std::vector<Array> inputs_of(const ir::Graph& graph, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::vector<Array> out;
    for (const ir::Input& input : graph.inputs) {
      const TensorSpec& spec = graph.spec(input.value);
      std::vector<float> values(static_cast<std::size_t>(spec.shape.numel()));
      const double scale = 2 / std::sqrt(static_cast<double>(spec.shape[-1]));
      for (float& v : values) v = static_cast<float>(scale * (static_cast<double>(random() % 2001) / 1000 - 1));
      out.push_back(Array::from_host(values.data(), spec, Stream::current(device())));
    }
    return out;
  }
  // The graph as it is, but for ops without a kernel.
  std::vector<std::vector<float>> run(const ir::Graph& graph, std::uint64_t seed) const {
    return run_graph(graph, {.device = device(), .fuse = false}, inputs_of(graph, seed));
  }
  // Relative to the largest of an output.
  static void expect_near(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& expected,
                          float tolerance, std::uint64_t seed) {
    for (std::size_t o = 0; o < expected.size(); ++o) {
      float largest = 1e-3f;
      for (const float v : expected[o]) largest = std::max(largest, std::abs(v));
      for (std::size_t i = 0; i < expected[o].size(); ++i)
        ASSERT_NEAR(got[o][i], expected[o][i], tolerance * largest)
            << "seed " << seed << ", output " << o << ", element " << i;
    }
  }
  // The emulated device is slow.
  std::uint64_t nets() const { return device().is_cuda() ? 25 : 120; }
};

void count_ops(const ir::Graph& graph, std::map<std::string, int>& found) {
  for (const ir::Node& node : graph.nodes) {
    ++found[node.op.name()];
    if (node.region) count_ops(*node.region.graph, found);
  }
}

constexpr passes::Target kLibrary{.gradient_epilogues = true};

// Sums of up to 136 products, in another order.
TEST_P(GradientEpiloguesOn, InF32DifferByTheOrderOfSums) {
  std::map<std::string, int> found;
  for (std::uint64_t seed = 0; seed < nets(); ++seed) {
    const ir::Graph graph = RandomNet(seed).graph, fused = passes::optimize(graph, kLibrary);
    count_ops(fused, found);
    expect_near(run(fused, seed), run(graph, seed), 1e-5f, seed);
  }
  for (const char* op : {"matmul_sums", "relu_bits", "relu_bits_grad"}) EXPECT_GT(found[op], 5) << op;
  EXPECT_EQ(found["gelu_tanh_grad"], 0);
}

// The tolerance covers two differences of a matrix library in 16 bits. The library rounds a bias, and does not round
// the operand of an activation function: 2^-8 of a term. A ReLU near 0 may then be on here and off there, in up to four
// layers.
TEST_P(GradientEpiloguesOn, In16BitsDifferByRoundings) {
  std::map<std::string, int> found;
  for (std::uint64_t seed = 0; seed < nets(); ++seed) {
    const ir::Graph graph = passes::lower_precision(ir::prune(RandomNet(seed).graph), DType::kBF16);
    const ir::Graph fused = passes::optimize(graph, kLibrary), plain = passes::optimize(graph);
    count_ops(fused, found);
    expect_near(run(fused, seed), run(plain, seed), device().is_cuda() ? 0.03f : 1e-5f, seed);
  }
  for (const char* op : {"matmul_sums", "relu_bits", "relu_bits_grad", "gelu_tanh_grad"}) EXPECT_GT(found[op], 2) << op;
}

WEFT_ON_EVERY_DEVICE(GradientEpiloguesOn);

}  // namespace
}  // namespace weft::testing
