// SPDX-License-Identifier: Apache-2.0
// Groups of one rule are one arena and one update; each of them moves as it would alone, bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/exec/executable.h"
#include "core/ir/read.h"
#include "tests/optim/rules/recipes.h"
#include "tests/support/every_device.h"
#include "weft/weft.h"
#ifdef WEFT_CUDA_EMULATED
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

// Sizes of weights and biases in turn; some are more than a slot of a flat buffer, some less.
const std::vector<std::int64_t> kSizes = {200, 7, 64, 1, 130, 0, 33, 65};

Tensor wave(std::int64_t n, double phase, DType dtype) {
  std::vector<double> x;
  for (std::int64_t i = 0; i < n; ++i) x.push_back(std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::of(x, {n}).to(dtype);
}

Parameters some_parameters(DType dtype) {
  Parameters all;
  for (std::size_t i = 0; i < kSizes.size(); ++i)
    all.add(std::to_string(i), Variable(wave(kSizes[i], static_cast<double>(i), dtype)));
  return all;
}

// Group g of n has the parameters i with i % n == g.
Parameters dealt(const Parameters& all, std::size_t group, std::size_t groups) {
  Parameters out;
  for (std::size_t i = group; i < all.size(); i += groups) out.add(all.name(i), all[i]);
  return out;
}

struct Trained {
  Parameters parameters;
  std::vector<std::unique_ptr<Optimizer>> optimizers;
};

Trained together(const std::vector<Recipe>& recipes, DType dtype, UpdateOptions options = {}) {
  Trained out{some_parameters(dtype), {}};
  std::vector<Group> groups;
  for (std::size_t g = 0; g < recipes.size(); ++g)
    groups.push_back({dealt(out.parameters, g, recipes.size()), recipes[g]});
  out.optimizers.push_back(std::make_unique<Optimizer>(groups, options));
  return out;
}
Trained apart(const std::vector<Recipe>& recipes, DType dtype) {
  Trained out{some_parameters(dtype), {}};
  for (std::size_t g = 0; g < recipes.size(); ++g)
    out.optimizers.push_back(std::make_unique<Optimizer>(dealt(out.parameters, g, recipes.size()), recipes[g]));
  return out;
}

Tensor loss_of(const Parameters& parameters) {
  Tensor loss = zeros({}, DType::kF64);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor p = parameters[i].value();
    const Tensor target = wave(p.numel(), 0.5 * static_cast<double>(i), p.dtype());
    loss = loss + square(p - target).sum().to(DType::kF64);
  }
  return loss;
}

// So many updates by minimize(), or by accumulate() twice and update().
void train(const Trained& trained, int updates, bool accumulated = false) {
  auto step = compile([&](Static<bool> whole) {
    const Tensor loss = loss_of(trained.parameters);
    for (const auto& optimizer : trained.optimizers)
      whole.value ? optimizer->minimize(loss) : optimizer->accumulate(loss);
  });
  auto update = compile([&] {
    for (const auto& optimizer : trained.optimizers) optimizer->update();
  });
  for (int i = 0; i < updates; ++i) {
    step(Static<bool>{!accumulated});
    if (!accumulated) continue;
    step(Static<bool>{false});
    update();
  }
}

void expect_same_bits(const Variable& got, const Variable& expected, const std::string& what) {
  const std::vector<double> a = got.value().to_vector<double>(), b = expected.value().to_vector<double>();
  ASSERT_EQ(a.size(), b.size()) << what;
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i]))
        << what << ", element " << i << " is " << a[i] << ", should be " << b[i];
}
void expect_same_bits(const Trained& got, const Trained& expected, const std::string& what) {
  for (std::size_t i = 0; i < got.parameters.size(); ++i)
    expect_same_bits(got.parameters[i], expected.parameters[i], what + ", parameter " + std::to_string(i));
}

struct Rule {
  std::string name;
  std::vector<Recipe> recipes;
};
// Groups that differ in all numbers, in some, and in one.
std::vector<Rule> rules() {
  return {
      {"sgd", {SGD{.lr = 0.1}, SGD{.lr = schedule::linear(0.2, 0.01, 5), .weight_decay = 0.1}}},
      {"momentum",
       {SGD{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}, SGD{.lr = 0.2, .momentum = 0.5, .weight_decay = 0.3}}},
      {"nesterov",
       {SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true}, SGD{.lr = 0.1, .momentum = 0.7, .nesterov = true},
        SGD{.lr = 0.02, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01}}},
      {"adam", {Adam{.lr = 0.1}, Adam{.lr = 0.1, .weight_decay = 0.1}, Adam{.lr = 0.3, .beta1 = 0.5, .eps = 1e-3}}},
      {"adamw", {AdamW{.lr = 0.1}, AdamW{.lr = 0.1, .weight_decay = 0}}},
      {"adamw with other numbers",
       {AdamW{.lr = schedule::warmup_cosine(0.1, 2, 9)},
        AdamW{.lr = schedule::cosine(0.1, 0.01, 4), .beta1 = 0.8, .weight_decay = 0.2},
        AdamW{.lr = 0.05, .beta2 = 0.9, .eps = 1e-2}}},
      {"lion", {Lion{.lr = 0.1}, Lion{.lr = schedule::linear(0.2, 0.01, 5), .beta1 = 0.5, .weight_decay = 0.1}}},
      {"lamb", {LAMB{.lr = 0.1}, LAMB{.lr = 0.1, .beta2 = 0.5, .eps = 0.1, .weight_decay = 0}}},
      {"adagrad", {Adagrad{.lr = 0.1}, Adagrad{.lr = 0.2, .lr_decay = 0.1, .initial_accumulator_value = 1}}},
      {"rmsprop", {RMSprop{.lr = 0.1, .momentum = 0.5}, RMSprop{.lr = 0.1, .alpha = 0.8, .momentum = 0.9}}},
      {"nadam", {NAdam{.lr = 0.1}, NAdam{.lr = 0.1, .momentum_decay = 0.5}, NAdam{.lr = 0.1, .beta1 = 0.5}}},
      {"radam", {RAdam{.lr = 0.1, .beta2 = 0.9}, RAdam{.lr = 0.1}}},
      {"schedule-free",
       {ScheduleFreeAdamW{.lr = schedule::linear(0, 0.1, 3)},
        ScheduleFreeAdamW{.lr = 0.1, .r = 1, .weight_lr_power = 0}}},
      {"factored", {testing::Factored{.lr = 0.1}, testing::Factored{.lr = 0.1, .eps2 = 0.1}}},
  };
}

class GroupsOn : public EveryDevice {};

TEST_P(GroupsOn, MoveAsTheyWouldAlone) {
  for (const Rule& rule : rules())
    for (const auto& [dtype, accumulated] :
         {std::pair{DType::kF32, false}, std::pair{DType::kF64, false}, std::pair{DType::kBF16, true}}) {
      const Trained all = together(rule.recipes, dtype), alone = apart(rule.recipes, dtype);
      train(all, 5, accumulated);
      train(alone, 5, accumulated);
      expect_same_bits(all, alone, rule.name + ", " + std::string(name_of(dtype)));
      for (std::size_t g = 0; g < rule.recipes.size(); ++g)
        EXPECT_EQ(all.optimizers[0]->lr(g).item(), alone.optimizers[g]->lr().item()) << rule.name;
    }
}

// The gradients are whole numbers, whose norm is exact in any order.
TEST_P(GroupsOn, AreClippedTogether) {
  for (const Rule& rule : rules()) {
    const Trained all = together(rule.recipes, DType::kF32, {.clip_norm = 2, .clip_value = 0.25});
    const Trained alone = apart(rule.recipes, DType::kF32);
    for (int t = 0; t < 4; ++t) {
      Gradients whole{all.parameters, {}};
      double squares = 0;
      for (const std::int64_t size : kSizes) {
        std::vector<float> g;
        for (std::int64_t i = 0; i < size; ++i) g.push_back(static_cast<float>((i + t) % 7 - 3));
        for (const float x : g) squares += static_cast<double>(x) * static_cast<double>(x);
        whole.values.push_back(Tensor::of(g, {size}));
      }
      const Tensor scale = Tensor::scalar(std::min(2.0 / (std::sqrt(squares) + 1e-6), 1.0)).to(DType::kF32);
      all.optimizers[0]->apply(whole);
      Gradients clipped{alone.parameters, {}};
      for (const Tensor& g : whole.values) clipped.values.push_back(clamp(g * scale, -0.25, 0.25));
      for (const auto& optimizer : alone.optimizers) optimizer->apply(clipped);
    }
    expect_same_bits(all, alone, rule.name);
  }
}

// Frozen for two updates in the middle: then neither value nor state moves.
TEST_P(GroupsOn, LeaveFrozenMembersAlone) {
  for (const Rule& rule : rules()) {
    const Trained all = together(rule.recipes, DType::kF32), alone = apart(rule.recipes, DType::kF32);
    for (const bool frozen : {false, true, false}) {
      for (const Trained* trained : {&all, &alone}) {
        for (const std::size_t i : {0, 1, 4}) trained->parameters[i].set_trainable(!frozen);
        const std::vector<double> before = trained->parameters[4].value().to_vector<double>();
        train(*trained, 2);
        EXPECT_EQ(trained->parameters[4].value().to_vector<double>() == before, frozen) << rule.name;
      }
      expect_same_bits(all, alone, rule.name + (frozen ? ", frozen" : ", not frozen"));
    }
    // A group none of whose members moves, and later again.
    for (const bool frozen : {true, false}) {
      for (const Trained* trained : {&all, &alone}) {
        for (const Variable& v : dealt(trained->parameters, 0, rule.recipes.size())) v.set_trainable(!frozen);
        train(*trained, 2);
      }
      expect_same_bits(all, alone, rule.name + (frozen ? ", first group frozen" : ", first group again"));
    }
  }
}

TEST_P(GroupsOn, OfOtherRulesStandBeside) {
  const std::vector<Recipe> recipes = {AdamW{.lr = 0.1}, SGD{.lr = 0.1, .momentum = 0.5},
                                       AdamW{.lr = 0.2, .weight_decay = 0}, SGD{.lr = 0.3}};
  const Trained all = together(recipes, DType::kF32), alone = apart(recipes, DType::kF32);
  std::vector<std::string> names;
  const Parameters state = all.optimizers[0]->state();
  for (std::size_t i = 0; i < state.size(); ++i)
    if (std::isdigit(static_cast<unsigned char>(state.name(i)[0]))) names.push_back(state.name(i));
  EXPECT_EQ(names, (std::vector<std::string>{"0.adamw.first_moment", "0.adamw.second_moment", "0.accumulated",
                                             "1.sgd.momentum", "1.accumulated", "2.accumulated"}));
  EXPECT_EQ(all.optimizers[0]->parameters().size(), kSizes.size());
  train(all, 4);
  train(alone, 4);
  expect_same_bits(all, alone, "two rules");
}

// Parameters that lie in path order already, other ones among them.
TEST_P(GroupsOn, FindParametersWhereTheyAre) {
  const std::vector<Recipe> recipes = {AdamW{.lr = 0.1}, AdamW{.lr = 0.2, .beta1 = 0.5}, SGD{.lr = 0.1}};
  const Trained alone = apart(recipes, DType::kF32);
  Trained all{some_parameters(DType::kF32), {}};
  lay_out({all.parameters.begin(), all.parameters.end()});
  std::vector<Group> groups;
  for (std::size_t g = 0; g < recipes.size(); ++g) groups.push_back({dealt(all.parameters, g, 3), recipes[g]});
  all.optimizers.push_back(std::make_unique<Optimizer>(groups));
  train(all, 4);
  train(alone, 4);
  expect_same_bits(all, alone, "laid out before");
}

TEST_P(GroupsOn, MayHaveNoElements) {
  const Variable a(zeros({0})), b(zeros({3, 0})), c(ones({2}));
  Optimizer none(std::vector<Group>{{{{"a", a}}, SGD{.lr = 0.1}}, {{{"b", b}}, SGD{.lr = 0.2}}});
  Optimizer some(std::vector<Group>{{{{"a", a}}, SGD{.lr = 0.1}}, {{{"c", c}}, SGD{.lr = 0.5}}});
  compile([&] {
    const Tensor loss = a.value().sum() + b.value().sum() + c.value().sum();
    none.minimize(loss);
    some.minimize(loss);
  })();
  EXPECT_EQ(none.updates(), 1);
  EXPECT_EQ(c.value().to_vector(), (std::vector<float>{0.5f, 0.5f}));
}

// Formulas differ where a decay of 0 is not the same as none: 0 times infinity.
TEST_P(GroupsOn, WithoutDecayHaveNone) {
  for (const std::vector<Recipe>& recipes :
       {std::vector<Recipe>{SGD{.lr = 0.1}, SGD{.lr = 0.1, .weight_decay = 0.1}},
        std::vector<Recipe>{Adam{.lr = 0.1}, Adam{.lr = 0.1, .weight_decay = 0.1}}}) {
    const Trained all = together(recipes, DType::kF32);
    const float infinity = std::numeric_limits<float>::infinity();
    all.parameters[3].assign(Tensor::of<float>({infinity}, {1}));
    all.parameters[2].assign(Tensor::of(std::vector<float>(64, infinity), {64}));
    Gradients ones_for_all{all.parameters, {}};
    for (const std::int64_t size : kSizes) ones_for_all.values.push_back(ones({size}));
    all.optimizers[0]->apply(ones_for_all);
    EXPECT_EQ(all.parameters[2].value().to_vector()[0], infinity);
  }
}

// The kernels of a step of AdamW with so many groups: how many are planned, how many of them give a whole arena, and
// how many grids an emulated GPU runs.
struct Kernels {
  std::size_t planned = 0, updates = 0;
  std::uint64_t run = 0;
};
Kernels kernels_of(std::size_t groups, Device device) {
  Sequential model{Linear(64, 32), ReLU(), Linear(32, 32), ReLU(), Linear(32, 10)};
  model.to(device);
  std::vector<Group> made;
  for (std::size_t g = 0; g < groups; ++g) {
    const auto n = static_cast<double>(g);
    made.push_back({dealt(model.parameters(), g, groups),
                    AdamW{.lr = 0.1 / (n + 1), .beta1 = 0.9 - 0.1 * n, .beta2 = 0.9 + 0.01 * n, .weight_decay = n}});
  }
  Optimizer optimizer(made, {.clip_norm = 1});
  auto step = compile([&](Tensor x, Tensor y) { optimizer.minimize(cross_entropy(model(x), y)); });
  const Tensor x = zeros({16, 64}), y = zeros({16}, DType::kI64);
  step(x, y);
  const ir::Graph graph = ir::read(step.graph());
  Kernels kernels;
  kernels.planned = exec::Executable(graph, {.device = device}).prepared_calls().size();
  const std::int64_t arena = optimizer.state().matching("0.adamw.first_moment")[0].numel();
  for (const ir::Node& node : graph.nodes)
    kernels.updates += node.op.name() == "pointwise" && node.outputs[0].shape.numel() == arena;
#ifdef WEFT_CUDA_EMULATED
  const std::uint64_t before = emulator::counters().kernels_run;
  step(x, y);
  EXPECT_EQ(optimizer.updates(), 2);  // waits
  kernels.run = emulator::counters().kernels_run - before;
#endif
  return kernels;
}

TEST_P(GroupsOn, AreOneLaunchHoweverMany) {
  const Kernels one = kernels_of(1, device()), two = kernels_of(2, device()), five = kernels_of(5, device());
  EXPECT_EQ(one.updates, 1u);
  EXPECT_EQ(two.updates, 1u);
  EXPECT_EQ(five.updates, 1u);
  EXPECT_EQ(five.planned, two.planned);
  EXPECT_EQ(five.run, two.run);
}

WEFT_ON_EVERY_DEVICE(GroupsOn);

}  // namespace
}  // namespace weft::testing
