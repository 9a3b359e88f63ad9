// SPDX-License-Identifier: Apache-2.0
// Every product of a perceptron is one call of the matrix library on CUDA, forward and back: epilogues are whole
// bodies.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/ir/read.h"
#include "kernels/matmul/cuda_match.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using kernels::GemmEpilogue;
using Epilogues = std::vector<GemmEpilogue>;

constexpr std::int64_t kBatch = 6, kFeatures = 16, kClasses = 8;

Sequential perceptron(bool gelu) {
  Sequential model;
  for (const std::int64_t in : {kFeatures, std::int64_t{24}}) {
    model.push_back(Linear(in, 24));
    if (gelu) {
      model.push_back(GELU(GELUForm::kTanh));
    } else {
      model.push_back(ReLU());
    }
  }
  model.push_back(Linear(24, kClasses));
  model.initialize(3);
  return model;
}

Tensor waves(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  return Tensor::of(values, shape);
}

// Epilogues that the library is asked for, by product; kNone: a plain product.
Epilogues epilogues_of(const ir::Graph& graph, bool backward) {
  Epilogues found;
  for (const ir::Node& node : graph.nodes) {
    if ((node.path.find("(backward)") != std::string::npos) != backward) continue;
    if (node.op.name() == "matmul_sums")
      found.push_back(node.attributes.integer("operand") == 0 ? GemmEpilogue::kSumsA : GemmEpilogue::kSumsB);
    if (node.op.name() != "matmul" && node.op.name() != "matmul_epilogue") continue;
    const auto match =
        node.region ? kernels::match_epilogue(*node.region.graph, graph.spec(node.inputs[0]).dtype) : std::nullopt;
    found.push_back(match ? match->epilogue : GemmEpilogue::kNone);
  }
  return found;
}

struct Trained {
  Epilogues forward, backward;
  std::vector<double> losses;
};

Trained train(bool gelu, Precision precision, Device device) {
  const DeviceScope on(device);
  Sequential model = perceptron(gelu);
  model.to(device);
  Optimizer optimizer(model.parameters(), SGD{.lr = 0.1});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      {.precision = precision});
  const Tensor x = waves({kBatch, kFeatures}), y = Tensor::of<std::int64_t>({3, 1, 4, 1, 5, 2}, {kBatch});
  Trained out;
  for (int i = 0; i < 4; ++i) out.losses.push_back(step(x, y).item<float>());
  const ir::Graph graph = ir::read(step.graph());
  out.forward = epilogues_of(graph, false);
  out.backward = epilogues_of(graph, true);
  return out;
}

// A ReLU keeps its mask where the library goes back through it; the argument of a GELU is kept on every device.
TEST(CudaForward, IsTheLibrarysInTraining) {
  using enum GemmEpilogue;
  for (const Device device : Device::all()) {
    const GemmEpilogue relu = device.is_cuda() ? kReluAuxBias : kReluBias;
    for (const Precision precision : {Precision::kF32, Precision::kBF16})
      EXPECT_EQ(train(false, precision, device).forward, (Epilogues{relu, relu, kBias})) << device.name();
    EXPECT_EQ(train(true, Precision::kBF16, device).forward, (Epilogues{kGeluAuxBias, kGeluAuxBias, kBias}))
        << device.name();
  }
}

TEST(CudaForward, AndSoAreTheGradients) {
  using enum GemmEpilogue;
  for (const Device device : Device::all()) {
    if (!device.is_cuda()) continue;
    for (const Precision precision : {Precision::kF32, Precision::kBF16})
      EXPECT_EQ(train(false, precision, device).backward, (Epilogues{kSumsA, kDRelu, kSumsA, kDRelu, kSumsA}));
    EXPECT_EQ(train(true, Precision::kBF16, device).backward, (Epilogues{kSumsA, kDGelu, kSumsA, kDGelu, kSumsA}));
  }
}

TEST(CudaForward, IsTheLibrarysInInference) {
  for (const Precision precision : {Precision::kF32, Precision::kBF16}) {
    for (const bool gelu : {false, true}) {
      const DeviceScope on(Device::cpu());
      Sequential model = perceptron(gelu);
      auto predict = compile([&](Tensor x) { return model(x); }, {.precision = precision});
      predict.prepare(zeros({kBatch, kFeatures}));
      const GemmEpilogue hidden = !gelu                          ? GemmEpilogue::kReluBias
                                  : precision == Precision::kF32 ? GemmEpilogue::kNone
                                                                 : GemmEpilogue::kGeluBias;
      EXPECT_EQ(epilogues_of(ir::read(predict.graph()), false), (Epilogues{hidden, hidden, GemmEpilogue::kBias}));
    }
  }
}

// bf16: biases and activations are rounded at other places, each to 2^-9 of its value.
TEST(CudaForward, TrainsAsTheCpuDoes) {
  for (const bool gelu : {false, true}) {
    for (const Precision precision : {Precision::kF32, Precision::kBF16}) {
      const std::vector<double> expected = train(gelu, precision, Device::cpu()).losses;
      for (const Device device : Device::all()) {
        const std::vector<double> got = train(gelu, precision, device).losses;
        const double bound = precision == Precision::kF32 ? 1e-6 : 0x1p-8;
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], bound * expected[i]) << i;
      }
    }
  }
}

}  // namespace
}  // namespace weft::testing
