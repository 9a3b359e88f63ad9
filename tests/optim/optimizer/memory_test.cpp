// SPDX-License-Identifier: Apache-2.0
// The memory plans of this repository's training steps.
#include <gtest/gtest.h>

#include "core/exec/executable.h"
#include "core/ir/read.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

// At most 5 % above what is alive at the fullest node, fused or not.
void expect_tight(const std::string& graph, const std::string& what) {
  for (const bool fuse : {true, false}) {
    const exec::Executable program(ir::read(graph), {.device = Device::cpu(), .fuse = fuse});
    EXPECT_GT(program.plan().lower_bound, 0) << what;
    EXPECT_LE(static_cast<double>(program.plan().arena_bytes), 1.05 * static_cast<double>(program.plan().lower_bound))
        << what << (fuse ? "" : ", node by node");
  }
}

// The step as traced: fused graphs come out of the executable, not out of a trace.
CompileOptions traced() { return {.device = Device::cpu(), .fuse = false}; }

std::string classifier_step(Sequential& model, const std::vector<Group>& groups, UpdateOptions update,
                            std::int64_t rows, std::int64_t width) {
  Optimizer optimizer(groups, update);
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      traced());
  step.prepare(zeros({rows, width}), zeros({rows}, DType::kI64));
  return step.graph();
}

Sequential perceptron(std::int64_t pixels) {
  return Sequential{Linear(pixels, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)};
}

Sequential deep(std::int64_t width, int layers) {
  Sequential model;
  for (int i = 0; i < layers; ++i) {
    model.push_back(Linear(width, width));
    model.push_back(GELU());
    model.push_back(Dropout(0.1));
  }
  return model;
}

struct OnCpu : ::testing::Test {
  DeviceScope device{Device::cpu()};
};
using MemoryPlan = OnCpu;

TEST_F(MemoryPlan, OfTheDigitsAndTheMnistNetIsTight) {
  for (const std::int64_t pixels : {64, 784})
    for (const std::int64_t rows : {2, 16, 64, 1024}) {
      Sequential model = perceptron(pixels);
      const std::string graph =
          classifier_step(model, {{model.parameters(), AdamW{.lr = 1e-2}}}, {.clip_norm = 1}, rows, pixels);
      expect_tight(graph, std::to_string(pixels) + " pixels, " + std::to_string(rows) + " rows");
    }
}

TEST_F(MemoryPlan, OfDeepNetsIsTight) {
  for (const int layers : {3, 12, 40})
    for (const std::int64_t rows : {8, 256}) {
      Sequential model = deep(64, layers);
      expect_tight(classifier_step(model, {{model.parameters(), Adam{}}}, {}, rows, 64),
                   std::to_string(layers) + " layers, " + std::to_string(rows) + " rows");
    }
}

// Parameters and state are written where they lie, and nothing is put together beyond so many numbers.
void expect_in_place(const std::string& graph, std::int64_t most = 0) {
  const exec::Executable program(ir::read(graph), {.device = Device::cpu()});
  for (std::size_t o = 0; o < program.graph().outputs.size(); ++o) {
    if (program.graph().outputs[o].name.empty()) continue;
    EXPECT_TRUE(program.plan().results[o].in_place) << program.graph().outputs[o].name;
  }
  for (const exec::Executable::PreparedCall& step : program.prepared_calls()) {
    const ir::Node& node = program.graph().nodes[step.node];
    EXPECT_TRUE(node.op.name() != "concat" || node.outputs[0].shape.numel() <= most);
  }
}

// Two recipes in one allocation: each moves its window.
TEST_F(MemoryPlan, OfGroupsIsTightAndCopiesNothing) {
  Sequential model{Linear(64, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)};
  const std::vector<Group> groups{{model.get<Linear>(0).parameters(), SGD{.lr = 0.1}},
                                  {model.get<Linear>(2).parameters(), Adam{.lr = 1e-3}},
                                  {model.get<Linear>(4).parameters(), AdamW{.lr = 1e-3}}};
  const std::string graph = classifier_step(model, groups, {}, 64, 64);
  expect_tight(graph, "groups");
  expect_in_place(graph);
}

// Weights and biases are moved together, in an arena of their own or in windows of one.
TEST_F(MemoryPlan, OfGroupsOfOneRuleIsTightAndCopiesNothing) {
  for (const bool before : {false, true}) {
    Sequential model{Linear(64, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)};
    const Parameters all = model.parameters();
    if (before) lay_out({all.begin(), all.end()});
    model.get<Linear>(4).parameters()[0].set_trainable(false);
    Parameters weights, biases;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all.name(i).front() != '2') (i % 2 ? biases : weights).add(all.name(i), all[i]);
    const std::vector<Group> groups{{weights, AdamW{.lr = 1e-3}},
                                    {biases, AdamW{.lr = 1e-2, .weight_decay = 0}},
                                    {model.get<Linear>(2).parameters(), SGD{.lr = 0.1}}};
    const std::string graph = classifier_step(model, groups, {.clip_norm = 1}, 64, 64);
    expect_tight(graph, before ? "laid out before" : "groups");
    expect_in_place(graph, 4);  // two numbers of two groups
  }
}

TEST_F(MemoryPlan, OfTwoModelsInOneStepIsTight) {
  Sequential generator{Linear(16, 128), BatchNorm(128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 2)};
  Sequential discriminator{Linear(2, 128), LeakyReLU(0.2), Linear(128, 128), LeakyReLU(0.2), Linear(128, 1)};
  Optimizer generate(generator.parameters(), Adam{.lr = 1e-3, .beta1 = 0.5});
  Optimizer discriminate(discriminator.parameters(), Adam{.lr = 1e-3, .beta1 = 0.5});
  const auto against = [](const Tensor& logits, double label) {
    return bce_with_logits(logits, full_like(logits, label));
  };
  auto step = compile(
      [&](Tensor real) {
        Tensor fake = generator(randn({real.dim(0), 16}));
        Tensor d_loss = against(discriminator(real), 1) + against(discriminator(stop_gradient(fake)), 0);
        discriminate.minimize(d_loss);
        Tensor g_loss = against(discriminator(fake), 1);
        generate.minimize(g_loss);
        return std::pair{d_loss, g_loss};
      },
      traced());
  step.prepare(zeros({256, 2}));
  expect_tight(step.graph(), "gan");
}

TEST_F(MemoryPlan, OfThirdDerivativesIsTight) {
  Sequential model{Linear(2, 64), Tanh(), Linear(64, 64), Tanh(), Linear(64, 1)};
  Optimizer optimizer(model.parameters(), Adam{.lr = schedule::cosine(2e-3, 1e-5, 100)});
  auto step = compile(
      [&](Tensor x, Tensor t) {
        auto along_x = [&](const Tensor& x1) { return model(concat({x1, t}, 1)); };
        auto slope = [&](const Tensor& x1) { return jvp(along_x, x1, ones_like(x1)).tangent; };
        auto along_t = [&](const Tensor& t1) { return model(concat({x, t1}, 1)); };
        const Dual in_x = jvp(slope, x, ones_like(x)), in_t = jvp(along_t, t, ones_like(t));
        Tensor loss = square(in_t.tangent + in_t.value * in_x.value - 0.01 * in_x.tangent).mean();
        optimizer.minimize(loss);
        return loss;
      },
      traced());
  step.prepare(zeros({1024, 1}), zeros({1024, 1}));
  expect_tight(step.graph(), "pinn");
}

}  // namespace
}  // namespace weft::testing
