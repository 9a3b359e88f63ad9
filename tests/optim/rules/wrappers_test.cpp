// SPDX-License-Identifier: Apache-2.0
// Recipes around recipes: ema, swa, lookahead, gradient noise, penalties and limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/optim/rules/recipes.h"
#include "tests/optim/rules/trajectory.h"
#include "tests/optim/rules/update_launches.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"

namespace weft::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

const std::vector<Shape> kShapes = {{3, 4}, {5}, {}, {0, 4}, {1, 2, 3}};

class WrappersOn : public EveryDevice {};

std::vector<Values> values_of(const Parameters& all) {
  std::vector<Values> out;
  for (const Variable& v : all) out.push_back(v.value().to_vector<double>());
  return out;
}

void expect_near(const std::vector<Values>& got, const std::vector<Values>& wanted, int t) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    for (std::size_t k = 0; k < got[i].size(); ++k)
      ASSERT_NEAR(got[i][k], wanted[i][k], 1e-12) << "update " << t << ", parameter " << i << ", element " << k;
}

// Twelve updates. The training values are `inner`'s alone; `average` takes the values after an update and gives those
// for inference.
void expect_average(const Recipe& wrapped, const Recipe& inner,
                    const std::function<std::vector<Values>(int t, const std::vector<Values>&)>& average) {
  const Parameters all = parameters_of(kShapes), plain = parameters_of(kShapes);
  Optimizer optimizer(all, wrapped), beside(plain, inner);
  {
    const EvaluationScope scope(optimizer);
    EXPECT_EQ(values_of(all), values_of(plain));  // before any update
  }
  for (int t = 1; t <= 12; ++t) {
    optimizer.apply(gradients_of(all, t));
    beside.apply(gradients_of(plain, t));
    ASSERT_EQ(values_of(all), values_of(plain)) << t;
    {
      const EvaluationScope scope(optimizer);
      expect_near(values_of(all), average(t, values_of(plain)), t);
      const EvaluationScope again(optimizer);
      expect_near(values_of(all), average(0, {}), t);
    }
    ASSERT_EQ(values_of(all), values_of(plain)) << t;
  }
}

std::vector<Values> mixed(const std::vector<Values>& a, const std::vector<Values>& b, double share) {
  std::vector<Values> out = a;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].size(); ++k) out[i][k] += share * (b[i][k] - a[i][k]);
  return out;
}

// Elementwise recipes, and one that moves one parameter after the other.
std::vector<Recipe> inner_recipes() { return {AdamW{.lr = 0.1}, SGD{.lr = 0.1, .momentum = 0.9}, LAMB{.lr = 0.1}}; }

TEST_P(WrappersOn, EmaIsAnExponentialMean) {
  for (const Recipe& inner : inner_recipes()) {
    std::vector<Values> mean;
    expect_average(ema(inner, 0.8), inner, [&](int t, const std::vector<Values>& now) {
      if (t > 0) mean = t == 1 ? now : mixed(mean, now, 0.2);
      return mean;
    });
  }
}

TEST_P(WrappersOn, SwaIsAMeanFromAnUpdateOn) {
  for (const Recipe& inner : inner_recipes()) {
    std::vector<Values> mean;
    int count = 0;
    expect_average(swa(inner, 4, 3), inner, [&](int t, const std::vector<Values>& now) {
      if (t > 0 && t < 4) mean = now;
      if (t >= 4 && (t - 4) % 3 == 0) mean = ++count == 1 ? now : mixed(mean, now, 1.0 / count);
      return mean;
    });
    EXPECT_EQ(count, 3);
  }
}

TEST_P(WrappersOn, ScheduleFreeShowsItsAverage) {
  const ScheduleFreeAdamW free{.lr = schedule::linear(0.02, 0.1, 5), .beta1 = 0.8, .weight_decay = 0.1};
  std::vector<ScheduleFreeOracle> oracles(kShapes.size(), ScheduleFreeOracle{free});
  std::vector<Values> p = values_of(parameters_of(kShapes)), x;
  expect_average(free, free, [&](int t, const std::vector<Values>&) {
    if (t == 0) return x;
    x.clear();
    for (std::size_t i = 0; i < p.size(); ++i) {
      oracles[i](t, kShapes[i], p[i], gradient_of(kShapes[i], i, t));
      x.push_back(oracles[i].x);
    }
    return x;
  });
}

TEST_P(WrappersOn, LookaheadGoesBackEveryFewUpdates) {
  struct Oracle {
    SGD h;
    Values b{}, slow{};
    void operator()(int t, const Shape&, Values& p, const Values& g) {
      b.resize(p.size());
      if (slow.empty()) slow = p;
      for (std::size_t i = 0; i < p.size(); ++i) {
        b[i] = h.momentum.at(t - 1) * b[i] + g[i];
        p[i] -= h.lr.at(t - 1) * b[i];
        if (t % 3 == 0) p[i] = slow[i] += 0.7 * (p[i] - slow[i]);
      }
    }
  };
  const Parameters all = parameters_of(kShapes);
  const SGD sgd{.lr = 0.1, .momentum = 0.9};
  expect_trajectory({{all, lookahead(sgd, 3, 0.7)}}, all, [&](std::size_t) { return Oracle{sgd}; });
}

// Parameter 1 begins at 0, whose slope has no sign.
TEST_P(WrappersOn, PenaltiesPullToZero) {
  const auto oracle = [](double l1, double l2) {
    return [=](int, const Shape&, Values& p, const Values& g) {
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * (g[i] + l2 * p[i] + l1 * ((p[i] > 0) - (p[i] < 0)));
    };
  };
  const Parameters all = parameters_of({{3, 4}, {5}, {}, {0, 4}, {1, 2, 3}});
  all[1].assign(zeros({5}, DType::kF64));
  Parameters of[3];
  for (std::size_t i = 0; i < all.size(); ++i) of[i % 3].add(all.name(i), all[i]);
  // Groups without a penalty stand beside others in one launch.
  expect_trajectory(
      {{of[0], l2(SGD{.lr = 0.1}, 0.3)}, {of[1], l1(SGD{.lr = 0.1}, 0.2)}, {of[2], l1(SGD{.lr = 0.1}, 0)}}, all,
      [&](std::size_t i) { return oracle(i % 3 == 1 ? 0.2 : 0, i % 3 == 0 ? 0.3 : 0); });
  const Parameters both = parameters_of(kShapes);
  expect_trajectory({{both, l1(l2(SGD{.lr = 0.1}, 0.3), 0.2)}}, both, [&](std::size_t) { return oracle(0.2, 0.3); });
}

// Gradients of 0, so that nothing but the penalty moves.
TEST_P(WrappersOn, ThePenaltyOfAZeroIsFlat) {
  const Variable p(Tensor::of<float>({0, -0.0f, 2, -2}, {4}));
  Optimizer optimizer({{"p", p}}, l1(SGD{.lr = 1}, 0.5));
  optimizer.apply({{{"p", p}}, {zeros({4})}});
  EXPECT_EQ(p.value().to_vector(), (std::vector<float>{0, 0, 1.5, -1.5}));
}

TEST_P(WrappersOn, MaxNormLimitsEachUnit) {
  const auto limited = [](const Shape& shape, Values& p, int axis) {
    if (shape.rank() < 2) return;
    const auto unit = static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis);
    std::size_t inner = 1;
    for (auto k = unit + 1; k < static_cast<std::size_t>(shape.rank()); ++k)
      inner *= static_cast<std::size_t>(shape[static_cast<int>(k)]);
    const auto units = static_cast<std::size_t>(shape[static_cast<int>(unit)]);
    Values squares(units);
    for (std::size_t i = 0; i < p.size(); ++i) squares[i / inner % units] += p[i] * p[i];
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double norm = std::sqrt(squares[i / inner % units]);
      if (norm > 1.1) p[i] *= 1.1 / (norm + 1e-7);
    }
  };
  for (const int axis : {0, 1, -1}) {
    const Parameters all = parameters_of(kShapes);
    expect_trajectory({{all, max_norm(SGD{.lr = 0.1}, 1.1, axis)}}, all, [&](std::size_t) {
      return [&limited, axis](int, const Shape& shape, Values& p, const Values& g) {
        for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * g[i];
        limited(shape, p, axis);
      };
    });
  }
}

// Squares of 1e25 are beyond f32, and so are factors of 1e-45.
TEST_P(WrappersOn, MaxNormHoldsForWeightsOfAnySize) {
  for (const float size : {1e25f, 3.0f, 1e-25f}) {
    const Variable p(full({2, 4}, size));
    Optimizer optimizer({{"p", p}}, max_norm(SGD{.lr = 0}, 2));
    optimizer.apply({{{"p", p}}, {zeros({2, 4})}});
    for (const float each : p.value().to_vector()) EXPECT_FLOAT_EQ(each, std::min(size, 1.0f));
  }
  const Variable tiny(full({1, 4}, 1e20f));
  Optimizer optimizer({{"p", tiny}}, max_norm(SGD{.lr = 0}, 2e-20));
  optimizer.apply({{{"p", tiny}}, {zeros({1, 4})}});
  for (const float each : tiny.value().to_vector()) EXPECT_FLOAT_EQ(each, 1e-20f);
}

// Differences of two runs: the noise alone, whose deviation falls with the update.
TEST_P(WrappersOn, GradientNoiseIsNormalAndFades) {
  Generator draws(11);
  const GeneratorScope scope(draws);
  const Parameters p{{"p", Variable(zeros({100, 200}))}};
  Optimizer optimizer(p, gradient_noise(SGD{.lr = 1}, 0.25, 1));
  for (int t = 1; t <= 4; ++t) {
    const Tensor before = p[0].value();
    optimizer.apply({p, {full({100, 200}, -3.0)}});
    const Tensor noise = p[0].value() - before - 3;
    const double deviation = 0.5 / std::sqrt(t);
    EXPECT_NEAR(noise.mean().item(), 0, 4 * deviation / std::sqrt(20000));
    EXPECT_NEAR(std::sqrt(variance(noise).item()), deviation, 0.03 * deviation) << t;
  }
}

// Groups beside one another, one of them without noise: each parameter has draws of its own.
TEST_P(WrappersOn, GradientNoiseIsAnotherForEachParameter) {
  Generator draws(12);
  const GeneratorScope scope(draws);
  const Parameters p{{"a", Variable(zeros({50}))}, {"b", Variable(zeros({50}))}, {"c", Variable(zeros({50}))}};
  Optimizer optimizer(std::vector<Group>{{{{"a", p[0]}}, gradient_noise(SGD{.lr = 1}, 1)},
                                         {{{"b", p[1]}}, gradient_noise(SGD{.lr = 2}, 1)},
                                         {{{"c", p[2]}}, gradient_noise(SGD{.lr = 1}, 0)}});
  const Values none(50, 0);
  optimizer.apply({p, {zeros({50}), zeros({50}), zeros({50})}});
  const std::vector<Values> once = values_of(p);
  EXPECT_NE(once[0], none);
  EXPECT_NE(once[1], values_of({{"a", Variable(2 * p[0].value())}})[0]);
  EXPECT_EQ(once[2], none);
  optimizer.apply({p, {zeros({50}), zeros({50}), zeros({50})}});
  EXPECT_NE(values_of(p)[0], once[0]);
}

TEST_P(WrappersOn, NestAndStandInGroups) {
  const Parameters all = parameters_of({{3, 4}, {5}, {4, 3}});
  const Parameters a{{"p0", all[0]}}, b{{"p1", all[1]}}, c{{"p2", all[2]}};
  Optimizer optimizer(std::vector<Group>{{a, ema(lookahead(AdamW{.lr = 0.1}), 0.9)},
                                         {b, ema(lookahead(AdamW{.lr = 0.2}), 0.5)},
                                         {c, ema(lookahead(Adam{.lr = 0.1}), 0.9)}});
  std::vector<std::string> names;
  const Parameters state = optimizer.state();
  for (std::size_t i = 0; i < state.size(); ++i)
    if (state.name(i).find("average") != std::string::npos) names.push_back(state.name(i));
  // The first two groups are one slot; the third has another inner recipe.
  EXPECT_THAT(names, ElementsAre("0.ema(lookahead(adamw)).ema.average", "1.ema(lookahead(adam)).ema.average"));
  EXPECT_FLOAT_EQ(optimizer.lr(1).item(), 0.2f);
  for (int t = 1; t <= 7; ++t) optimizer.apply(gradients_of(all, t));
  // Alone each group moves to the same bits.
  const Parameters same = parameters_of({{3, 4}, {5}, {4, 3}});
  Optimizer alone({{"p1", same[1]}}, ema(lookahead(AdamW{.lr = 0.2}), 0.5));
  for (int t = 1; t <= 7; ++t) alone.apply(gradients_of(same, t));
  EXPECT_EQ(all[1].value().to_vector<double>(), same[1].value().to_vector<double>());
  const EvaluationScope first(optimizer), second(alone);
  EXPECT_EQ(all[1].value().to_vector<double>(), same[1].value().to_vector<double>());
}

// A parameter that is unfrozen late was constant until then, and its mean is that constant.
TEST_P(WrappersOn, AFrozenParameterIsItsOwnAverage) {
  for (const auto& [recipe, wanted] :
       {std::pair{ema(SGD{.lr = 1}, 0.75), -0.25}, {swa(SGD{.lr = 1}, 1, 1), -1.0 / 3}}) {
    const Parameters p{{"p", Variable(zeros({2}))}, {"q", Variable(zeros({2}))}};
    Optimizer optimizer(p, recipe);
    p[1].set_trainable(false);
    const auto update = [&] { optimizer.apply({p, {ones({2}), ones({2})}}); };
    update();
    update();
    {
      const EvaluationScope scope(optimizer);
      EXPECT_EQ(p[1].value().to_vector()[0], 0);
    }
    p[1].set_trainable(true);
    update();
    const EvaluationScope scope(optimizer);
    EXPECT_FLOAT_EQ(p[1].value().to_vector()[0], static_cast<float>(wanted));
  }
}

// The update is elementwise, the value for inference is not.
struct UnitForInference {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&) { return p - h.lr * g; }
  static Tensor evaluation(const Numbers& h, const Tensor& p, RecipeState&) { return h.t * p / sqrt(square(p).sum()); }
};

TEST_P(WrappersOn, ShowAValueThatLooksAtTheWholeParameter) {
  const Parameters all = parameters_of({{3, 4}, {5}});
  Optimizer optimizer(all, lookahead(UnitForInference{}));
  for (int t = 1; t <= 3; ++t) optimizer.apply(gradients_of(all, t));
  const EvaluationScope scope(optimizer);
  for (const Variable& v : all) EXPECT_NEAR(sqrt(square(v.value()).sum()).item<double>(), 3, 1e-12);
}

// Values loaded between the making of an optimizer and its first update are those that averages begin with.
TEST_P(WrappersOn, BeginWithTheParameterOfTheFirstUpdate) {
  const Variable p(zeros({3}));
  Optimizer optimizer({{"p", p}}, lookahead(SGD{.lr = 1}, 1, 0.5));
  p.assign(full({3}, 8));
  optimizer.apply({{{"p", p}}, {full({3}, 2)}});
  EXPECT_EQ(p.value().to_vector()[0], 7);
}

// The values for inference are rounded to the parameter's dtype, the mean is not.
TEST_P(WrappersOn, KeepTheBitsOf16BitParameters) {
  const Variable p(sin(arange(300, DType::kF32)).to(DType::kBF16));
  Optimizer optimizer({{"p", p}}, ema(AdamW{.lr = 0.1}, 0.9));
  for (int t = 0; t < 5; ++t) optimizer.apply({{{"p", p}}, {cos(arange(300, DType::kF32)).to(DType::kBF16)}});
  const std::vector<float> before = p.value().to_vector();
  {
    const EvaluationScope scope(optimizer);
    EXPECT_EQ(p.dtype(), DType::kBF16);
    EXPECT_NE(p.value().to_vector(), before);
  }
  EXPECT_EQ(p.value().to_vector(), before);
}

// Means, slow values and penalties are part of the launch that moves the parameters.
TEST_P(WrappersOn, AreOneLaunchWhereTheInnerRecipeIs) {
  for (const Recipe& recipe : {ema(AdamW{}, 0.9), swa(AdamW{}, 5, 2), lookahead(AdamW{}), l1(l2(AdamW{}, 0.1), 0.1),
                               gradient_noise(AdamW{}, 0.1)}) {
    const Parameters all = parameters_of({{64, 32}, {100}, {32, 9}});
    Optimizer optimizer(all, recipe);
    EXPECT_EQ(launches_of_update(optimizer, "*.first_moment"), 1) << recipe.name();
  }
}

WEFT_ON_EVERY_DEVICE(WrappersOn);

TEST(Wrappers, AreRecipesWithNumbersOfTheirOwn) {
  const Recipe recipe = ema(AdamW{.lr = 0.5}, 0.9);
  EXPECT_EQ(recipe.name(), "ema(adamw)");
  EXPECT_EQ(gradient_noise(lookahead(SGD{}), 1).name(), "gradient_noise(lookahead(sgd))");
  EXPECT_THAT(recipe.numbers(), Contains(RecipeNumber{"ema.decay", 0.9}));
  EXPECT_THAT(recipe.numbers(), Contains(RecipeNumber{"lr", Schedule(0.5)}));
  EXPECT_TRUE(recipe == ema(AdamW{.lr = 0.5}, 0.9));
  EXPECT_FALSE(recipe == ema(AdamW{.lr = 0.5}, 0.8));
  EXPECT_FALSE(recipe == ema(AdamW{.lr = 0.25}, 0.9));
  EXPECT_FALSE(recipe == ema(Adam{.lr = 0.5, .weight_decay = 0.01}, 0.9));
  EXPECT_FALSE(recipe == AdamW{.lr = 0.5});
  EXPECT_TRUE(recipe.averages());
  EXPECT_TRUE(lookahead(recipe).averages());
  EXPECT_FALSE(lookahead(AdamW{}).averages());
}

TEST(Wrappers, RefuseWrongNumbers) {
  const auto refusal = [](const Recipe& recipe) {
    return message_of<ValueError>([&] { Optimizer({{"p", Variable(ones({1}))}}, recipe); });
  };
  EXPECT_EQ(refusal(ema(SGD{}, 1)), "[ema] decay is 1; it must be in [0, 1)");
  EXPECT_EQ(refusal(ema(SGD{}, std::numeric_limits<double>::quiet_NaN())),
            "[ema(sgd)] ema.decay is nan; it must be finite");
  EXPECT_EQ(refusal(swa(SGD{}, 0, 1)), "[swa] start is 0; it must be positive");
  EXPECT_EQ(refusal(swa(SGD{}, 1, 0)), "[swa] every is 0; it must be positive");
  EXPECT_EQ(refusal(lookahead(SGD{}, 0)), "[lookahead] steps is 0; it must be positive");
  EXPECT_EQ(refusal(lookahead(SGD{}, 5, 1.5)), "[lookahead] alpha is 1.5; it must be in [0, 1]");
  EXPECT_EQ(refusal(gradient_noise(SGD{}, -1)), "[gradient_noise] eta is -1; it must be 0 or more");
  EXPECT_EQ(refusal(l2(SGD{}, -1)), "[l2] strength is -1; it must be 0 or more");
  EXPECT_EQ(refusal(l1(SGD{}, -1)), "[l1] strength is -1; it must be 0 or more");
  EXPECT_EQ(refusal(max_norm(SGD{}, 0)), "[max_norm] limit is 0; it must be positive");
  EXPECT_EQ(message_of<ValueError>([] {
              Optimizer({{"w", Variable(ones({1, 2}))}}, ema(max_norm(SGD{}, 1, 2), 0.9));
            }),
            "[max_norm] w: the parameter is (1, 2) and axis is 2; it must be from -2 to 1");
  EXPECT_EQ(refusal(ema(SGD{.lr = -1}, 0.9)), "[ema(sgd)] lr is -1; it must be 0 or more");
  EXPECT_EQ(refusal(lookahead(Muon{})),
            "[muon] p: the parameter is (1,); it must be a matrix; give others to a group of their own, with AdamW for "
            "example");
  EXPECT_EQ(message_of<ValueError>([] { ema(lookahead(ema(SGD{}, 0.9)), 0.5); }),
            "[ema] the recipe is lookahead(ema(sgd)), which has one already; a recipe may have one");
}

}  // namespace
}  // namespace weft::testing
