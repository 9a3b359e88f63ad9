// SPDX-License-Identifier: Apache-2.0
// Random programs with their first and second derivatives: fused, node by node, and in 16 bits, beside the
// interpreter's doubles.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/autodiff/autodiff.h"
#include "core/ops/build.h"
#include "tests/core/autodiff/interpreter.h"
#include "tests/core/exec/run_graph.h"
#include "tests/support/every_device.h"

namespace weft::testing {
namespace {

using ir::Value;
using Values = std::vector<Value>;

// A loss, its gradient, and the gradient's derivatives, of a few nodes over a matrix, a row, a column and a number.
// Selections depend on inputs alone, which are multiples of 1/8, so that f32 and f64 select alike.
class RandomLoss {
 public:
  explicit RandomLoss(std::uint64_t seed) : random_(seed), build_(graph) {
    rows_ = pick(std::vector<std::int64_t>{1, 2, 5}), cols_ = pick(std::vector<std::int64_t>{1, 3, 17});
    for (const Shape& shape : {Shape{rows_, cols_}, Shape{rows_, cols_}, Shape{cols_}, Shape{rows_, 1}, Shape{}})
      inputs_.push_back(graph.add_input({shape, DType::kF32}, ir::InputKind::kArgument, "x"));
    values_ = inputs_;
    for (int i = 0, nodes = 3 + number(6); i < nodes; ++i) values_.push_back(grow());
    const Value loss = total(build_.emit("tanh", {values_.back()}));
    const Value one = ops::full(build_, {}, DType::kF32, 1);
    const Values gradient = autodiff::backward(build_, {{loss}}, {{one}}, inputs_);
    graph.outputs.push_back({loss, ""});
    put(gradient);
    // The derivative of the gradient's sum of squares, or along the inputs, in one of the three ways.
    const Value along = inputs_[0];
    Value measure;
    const int way = number(3);
    if (way == 0) {
      put(autodiff::forward(build_, gradient, {{inputs_[0]}}, {{along}}));
    } else if (way == 1) {
      for (const Value g : gradient) add(measure, g.defined() ? total(build_.emit("square", {g})) : Value{});
    } else {
      measure = autodiff::forward(build_, {{loss}}, {{inputs_[0]}}, {{along}})[0];
    }
    if (measure.defined()) put(autodiff::backward(build_, {{measure}}, {{one}}, inputs_));
  }

  ir::Graph graph;

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  template <class T>
  T pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(number(static_cast<int>(from.size())))];
  }
  void put(const Values& results) {
    for (const Value v : results)
      if (v.defined()) graph.outputs.push_back({v, ""});
  }
  void add(Value& sum, Value term) {
    if (term.defined()) sum = sum.defined() ? build_.emit("add", {sum, term}) : term;
  }
  Value total(Value x) {
    ir::Ints axes;
    for (int i = 0; i < build_.shape(x).rank(); ++i) axes.push_back(i);
    return build_.emit("sum", {x}, {{"axes", axes}, {"keep", false}});
  }
  Value full(double value) { return ops::full(build_, {}, DType::kF32, value); }
  Value matrix() { return ops::broadcast_to(build_, pick(values_), {rows_, cols_}); }

  Value grow() {
    static const std::vector<const char*> unary{"negative", "square", "tanh",     "sigmoid", "sin",  "cos",
                                                "gelu",     "silu",   "softplus", "erf",     "expm1"};
    static const std::vector<const char*> selecting{"relu", "abs"};
    static const std::vector<const char*> choosing{"minimum", "maximum"};
    static const std::vector<const char*> binary{"add", "subtract", "multiply"};
    static const std::vector<const char*> reductions{"sum", "mean", "logsumexp", "prod", "variance"};
    switch (number(10)) {
      case 0:
      case 1:
        return small(build_.emit(pick(unary), {pick(values_)}));
      case 2:
        return build_.emit(pick(selecting), {pick(inputs_)});
      case 3:
        return build_.emit(pick(choosing), {pick(inputs_), pick(inputs_)});
      case 4:
      case 5:
        return small(build_.emit(pick(binary), {pick(values_), pick(values_)}));
      case 6: {
        const Value condition = build_.emit("greater", {pick(inputs_), full(0)});
        return build_.emit("where", {condition, pick(values_), pick(values_)});
      }
      case 7: {
        const bool rows = number(2) == 0;
        ir::Attributes attributes{{"axes", ir::Ints{rows ? 1 : 0}}, {"keep", true}};
        const char* op = pick(reductions);
        if (std::string(op) == "variance") attributes.set("correction", std::int64_t{0});
        return small(build_.emit(op, {small(matrix())}, attributes));
      }
      case 8: {
        const Value x = small(matrix());
        const Value square = build_.emit("matmul", {x, small(matrix())}, {{"trans_a", true}, {"trans_b", false}});
        return small(build_.emit("matmul", {x, small(square)}, {{"trans_a", false}, {"trans_b", false}}));
      }
      default:
        return build_.emit(number(2) ? "softmax" : "log_softmax", {small(matrix())}, {{"axis", std::int64_t{1}}});
    }
  }
  // Values stay near 1, so that a bound means something.
  Value small(Value x) { return build_.emit("sin", {x}); }

  std::mt19937_64 random_;
  ops::Builder build_;
  std::int64_t rows_ = 0, cols_ = 0;
  Values inputs_, values_;
};

class RandomDerivativesOn : public EveryDevice {};

// |got - wanted| over the largest of `wanted`, or over 1.
double worst(const std::vector<float>& got, const testing::Array& wanted) {
  double largest = 1, error = 0;
  for (const double x : wanted.data) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double apart = std::abs(static_cast<double>(got[i]) - wanted[i]);
    error = std::isfinite(apart) ? std::max(error, apart / largest) : INFINITY;
  }
  return error;
}

TEST_P(RandomDerivativesOn, AgreeWithDoubles) {
  const int programs = device().is_cuda() ? 60 : 2000;  // the emulated device is slow
  int results = 0, off = 0, far = 0, overflown = 0;
  for (int seed = 0; seed < programs; ++seed) {
    const ir::Graph graph = RandomLoss(static_cast<std::uint64_t>(seed)).graph;
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    Arrays doubles;
    std::vector<weft::Array> floats;
    for (const ir::Input& input : graph.inputs) {
      testing::Array x(graph.spec(input.value).shape);
      for (double& v : x.data) v = static_cast<double>(random() % 33) / 8.0 - 2;
      const std::vector<float> narrow(x.data.begin(), x.data.end());
      floats.push_back(weft::Array::from_host(narrow.data(), graph.spec(input.value), Stream::current(device())));
      doubles.push_back(std::move(x));
    }
    Values outputs;
    for (const ir::Output& output : graph.outputs) outputs.push_back(output.value);
    const Arrays wanted = evaluate(graph, doubles, outputs);
    const auto plain = run_graph(graph, {.device = device(), .fuse = false}, floats);
    const auto fused = run_graph(graph, {.device = device()}, floats);
    for (std::size_t o = 0; o < wanted.size(); ++o) {
      // Second derivatives magnify the rounding of up to a dozen nodes, which compilers vectorize differently.
      const double error = std::max(worst(plain[o], wanted[o]), worst(fused[o], wanted[o]));
      ASSERT_LT(error, 1e-3) << "seed " << seed << ", output " << o;
      off += error > 2e-4;
    }
    const DType half = seed % 2 ? DType::kBF16 : DType::kF16;
    const auto narrow = run_graph(graph, {.device = device(), .half = half}, floats);
    for (std::size_t o = 0; o < wanted.size(); ++o) {
      ++results;
      far += worst(narrow[o], wanted[o]) > 0.1;
      const bool finite = std::isfinite(worst(narrow[o], wanted[o]));
      overflown += !finite;
      // A value between the nodes may be beyond the 65,504 of f16; bf16 has the range of f32.
      ASSERT_TRUE(finite || half == DType::kF16) << "seed " << seed << ", output " << o;
    }
  }
  // A few of the programs magnify the rounding to 16 bits hundredfold.
  EXPECT_LT(far, results / 40);
  EXPECT_LE(overflown, results / 200);
  EXPECT_LE(off, results / 1000);
}

WEFT_ON_EVERY_DEVICE(RandomDerivativesOn);

}  // namespace
}  // namespace weft::testing
