// SPDX-License-Identifier: Apache-2.0
// Recipes of users: their numbers, their state, and updates that are made for all parameters or for one at a time.
#include "weft/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/optim/rules/every_recipe.h"
#include "tests/optim/rules/recipes.h"
#include "tests/optim/rules/trajectory.h"
#include "tests/optim/rules/update_launches.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<Shape> kShapes = {{3, 4}, {5}, {}, {2, 3, 2}, {0, 4}, {4, 3}, {1}};

class RecipesOn : public EveryDevice {};

TEST_P(RecipesOn, LionIsItsPaper) {
  const Parameters all = parameters_of(kShapes);
  const Lion lion{.lr = schedule::linear(0.1, 0.01, 6), .beta1 = 0.8, .weight_decay = 0.1};
  expect_trajectory({{all, lion}}, all, [&](std::size_t) { return LionOracle{lion}; });
}

TEST_P(RecipesOn, LambHasNormsOfEachParameter) {
  const Parameters all = parameters_of(kShapes);
  const LAMB lamb{.lr = 0.05, .beta2 = 0.95, .weight_decay = 0.1};
  expect_trajectory({{all, lamb}}, all, [&](std::size_t) { return LAMBOracle{lamb}; });
}

TEST_P(RecipesOn, LarsHasARatePerParameter) {
  const Parameters all = parameters_of(kShapes);
  const LARS lars{.lr = schedule::cosine(3, 0.5, 8), .weight_decay = 0.1, .trust_coefficient = 0.02};
  expect_trajectory({{all, lars}}, all, [&](std::size_t) { return LARSOracle{lars}; });
  // Neither a parameter nor a gradient that is 0 has a direction to compare.
  Parameters still{{"p", Variable(zeros({3}, DType::kF64))}};
  Optimizer optimizer(still, LARS{.lr = 0.5, .momentum = 0});
  optimizer.apply({still, {full({3}, 2.0, DType::kF64)}});
  EXPECT_EQ(still[0].value().to_vector<double>(), Values(3, -1));
  optimizer.apply({still, {zeros({3}, DType::kF64)}});
  EXPECT_NEAR(still[0].value().to_vector<double>()[0], -0.99995, 1e-15);
}

// The rate changes in every update, which the steps made before do not feel.
TEST_P(RecipesOn, HeavyBallRepeatsItsSteps) {
  const Parameters all = parameters_of(kShapes);
  const HeavyBall ball{.lr = schedule::linear(0.2, 0.01, 10), .momentum = 0.8, .weight_decay = 0.1};
  expect_trajectory({{all, ball}}, all, [&](std::size_t) { return HeavyBallOracle{ball}; });
}

// A momentum that changes stands beside constant ones in one launch, and 0 for a while keeps its state.
TEST_P(RecipesOn, MomentumMayBeASchedule) {
  const Parameters all = parameters_of(kShapes);
  const Schedule moving = schedule::linear(0, 0.9, 6);
  for (const Schedule& momentum : {moving, Schedule(0.9), moving.then(3, 0)}) {
    const HeavyBall ball{.lr = 0.1, .momentum = momentum};
    const Parameters some = parameters_of(kShapes);
    expect_trajectory({{some, ball}}, some, [&](std::size_t) { return HeavyBallOracle{ball}; });
  }
  std::vector<Group> groups;
  std::vector<Lion> lions;
  for (std::size_t g = 0; g < all.size(); ++g) {
    lions.push_back({.lr = 0.1, .beta1 = g % 2 ? moving : Schedule(0.1 * static_cast<double>(g))});
    groups.push_back({{{all.name(g), all[g]}}, lions.back()});
  }
  expect_trajectory(groups, all, [&](std::size_t i) { return LionOracle{lions[i]}; });
}

TEST_P(RecipesOn, ScheduleFreeIsItsAuthors) {
  for (const ScheduleFreeAdamW& free :
       {ScheduleFreeAdamW{.lr = 0.1},
        ScheduleFreeAdamW{
            .lr = schedule::linear(0, 0.1, 5), .beta1 = 0.7, .weight_decay = 0.1, .r = 1, .weight_lr_power = 1}}) {
    const Parameters own = parameters_of(kShapes);
    expect_trajectory({{own, free}}, own, [&](std::size_t) { return ScheduleFreeOracle{free}; });
  }
}

TEST_P(RecipesOn, KeepRowsAndColumns) {
  const Parameters all = parameters_of(kShapes);
  const Factored factored{.lr = 0.05, .eps1 = 1e-6};
  expect_trajectory({{all, factored}}, all, [&](std::size_t) { return FactoredOracle{factored}; });
}

// Groups of one recipe that differ in every number, and two recipes in one optimizer.
TEST_P(RecipesOn, StandBesideOneAnother) {
  const Parameters all = parameters_of({{3, 4}, {5}, {4, 3}, {7}, {}, {2, 2}});
  const std::vector<Recipe> recipes = {Lion{.lr = 0.1},
                                       Lion{.lr = 0.2, .beta1 = 0.5, .beta2 = 0.6, .weight_decay = 0.3},
                                       LAMB{.lr = 0.1}, LAMB{.lr = schedule::cosine(0.3, 0, 9), .eps = 1e-2}};
  std::vector<Group> groups;
  for (std::size_t g = 0; g < recipes.size(); ++g) {
    Parameters own;
    for (std::size_t i = g; i < all.size(); i += recipes.size()) own.add(all.name(i), all[i]);
    groups.push_back({own, recipes[g]});
  }
  expect_trajectory(groups, all, [](std::size_t i) -> Oracle {
    switch (i % 4) {
      case 0:
        return LionOracle{{.lr = 0.1}};
      case 1:
        return LionOracle{{.lr = 0.2, .beta1 = 0.5, .beta2 = 0.6, .weight_decay = 0.3}};
      case 2:
        return LAMBOracle{{.lr = 0.1}};
      default:
        return LAMBOracle{{.lr = schedule::cosine(0.3, 0, 9), .eps = 1e-2}};
    }
  });
}

// A step of length lr: not elementwise, and no state shows that.
struct UnitSteps {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&) {
    return p - h.lr * (g / sqrt(square(g).sum()));
  }
};
// Elementwise for any one shape, and something else for another.
struct MatricesTwiceAsFast {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&) {
    return p - h.lr * (p.rank() == 2 ? 2 * g : g);
  }
};
// Takes no vectors, so that it cannot be tried on one.
struct MatricesOnly {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&) {
    if (p.dim(0) != 3) throw ShapeError("matrices_only", "", "three rows, please");
    return p - h.lr * g;
  }
};

TEST_P(RecipesOn, ThatLookAtOneParameterAtATimeGetOne) {
  const Parameters all = parameters_of(kShapes);
  expect_trajectory({{all, UnitSteps{}}}, all, [](std::size_t) {
    return [](int, const Shape&, Values& p, const Values& g) {
      double sum = 0;
      for (const double x : g) sum += x * x;
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * g[i] / std::sqrt(sum);
    };
  });
  const Parameters more = parameters_of({{2, 3}});
  expect_trajectory({{more, MatricesTwiceAsFast{}}}, more, [](std::size_t) {
    return [](int, const Shape&, Values& p, const Values& g) {
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.2 * g[i];
    };
  });
  const Parameters mixed = parameters_of({{2, 3}, {4}, {1}});
  expect_trajectory({{mixed, MatricesTwiceAsFast{}}}, mixed, [](std::size_t) {
    return [](int, const Shape& shape, Values& p, const Values& g) {
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= (shape.rank() == 2 ? 0.2 : 0.1) * g[i];
    };
  });
  const Parameters matrices = parameters_of({{3, 2}, {3, 5}});
  expect_trajectory({{matrices, MatricesOnly{}}}, matrices, [](std::size_t) {
    return [](int, const Shape&, Values& p, const Values& g) {
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= 0.1 * g[i];
    };
  });
}

// Steps whose length is the sum of the rates so far: a number beside a norm, so that each parameter has its own.
struct GrowingSteps {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
    const Number sum = s.number("rates", 1) + h.lr;
    s.set("rates", sum);
    return p - sum * (g / sqrt(square(g).sum()));
  }
};
// The same for every element.
struct GrowingSigns {
  Schedule lr = 0.1;
  WEFT_RECIPE(lr)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
    const Number sum = s.number("rates", 1) + h.lr;
    s.set("rates", sum);
    return p - sum * sign(g);
  }
};

TEST_P(RecipesOn, KeepNumbersFromOneUpdateToTheNext) {
  const Schedule rate = schedule::linear(0.1, 0.5, 5);
  const auto sum_of = [rate](int t) {
    double sum = 1;
    for (int i = 0; i < t; ++i) sum += rate.at(i);
    return sum;
  };
  const Parameters apart = parameters_of(kShapes);
  expect_trajectory({{apart, GrowingSteps{.lr = rate}}}, apart, [&](std::size_t) {
    return [&](int t, const Shape&, Values& p, const Values& g) {
      double squares = 0;
      for (const double x : g) squares += x * x;
      for (std::size_t i = 0; i < p.size(); ++i) p[i] -= sum_of(t) * g[i] / std::sqrt(squares);
    };
  });
  // Two groups with one recipe, and one whose rate is another, in one launch.
  const Parameters all = parameters_of({{3, 4}, {5}, {7}});
  const Parameters a{{"p0", all[0]}}, b{{"p1", all[1]}}, c{{"p2", all[2]}};
  expect_trajectory({{a, GrowingSigns{.lr = rate}}, {b, GrowingSigns{.lr = 0.2}}, {c, GrowingSigns{.lr = rate}}}, all,
                    [&](std::size_t parameter) {
                      return [&, parameter](int t, const Shape&, Values& p, const Values& g) {
                        const double step = parameter == 1 ? 1 + 0.2 * t : sum_of(t);
                        for (std::size_t i = 0; i < p.size(); ++i) p[i] -= step * ((g[i] > 0) - (g[i] < 0));
                      };
                    });
}

// A number stays where it is in an update that is left out, and for a group none of whose parameters move.
TEST_P(RecipesOn, NumbersCountTheUpdatesOfTheirGroup) {
  const Parameters all = parameters_of({{3}, {4}});
  Optimizer optimizer(
      std::vector<Group>{{{{"p0", all[0]}}, GrowingSigns{.lr = 1}}, {{{"p1", all[1]}}, GrowingSigns{.lr = 10}}});
  const auto numbers = [&] {
    const Parameters state = optimizer.state().matching("*.rates.*");
    return Values{state[0].value().item<double>(), state[1].value().item<double>()};
  };
  EXPECT_THAT(numbers(), ElementsAre(1, 1));
  optimizer.apply(gradients_of(all, 1));
  EXPECT_THAT(numbers(), ElementsAre(2, 11));
  all[1].set_trainable(false);
  optimizer.apply(gradients_of(all, 2));
  EXPECT_THAT(numbers(), ElementsAre(3, 11));
  all[1].set_trainable(true);
  Gradients bad = gradients_of(all, 3);
  bad.values[0] = full({3}, std::numeric_limits<double>::infinity(), DType::kF64);
  optimizer.apply(bad);
  EXPECT_THAT(numbers(), ElementsAre(3, 11));
  optimizer.apply(gradients_of(all, 3));
  EXPECT_THAT(numbers(), ElementsAre(4, 21));
}

std::vector<std::string> state_of(const Optimizer& optimizer) {
  std::vector<std::string> out;
  const Parameters state = optimizer.state();
  for (std::size_t i = 0; i < state.size(); ++i)
    if (state.name(i)[0] == '0') out.push_back(state.name(i) + " " + state[i].shape().text());
  return out;
}

TEST_P(RecipesOn, HaveStateOfAnyShape) {
  const Parameters all = parameters_of({{3, 4}, {5}});
  EXPECT_THAT(state_of(Optimizer(all, Lion{})), ElementsAre("0.lion.momentum (64,)", "0.accumulated (64,)"));
  EXPECT_THAT(state_of(Optimizer(all, Factored{})), ElementsAre("0.factored.row.0 (3,)", "0.factored.column.0 (4,)",
                                                                "0.factored.squares.1 (5,)", "0.accumulated (64,)"));
  EXPECT_THAT(state_of(Optimizer(parameters_of({{2, 2}}), SGD{})), ElementsAre("0.accumulated (32,)"));
  EXPECT_THAT(state_of(Optimizer(all, GrowingSigns{})), ElementsAre("0.growingsigns.rates ()", "0.accumulated (64,)"));
  EXPECT_THAT(state_of(Optimizer(all, GrowingSteps{})),
              ElementsAre("0.growingsteps.rates.0 ()", "0.growingsteps.rates.1 ()", "0.accumulated (64,)"));
}

// Neither values nor state, of parameters that are moved together and one at a time.
TEST_P(RecipesOn, LeaveAllAsItIsWhereAGradientIsNotFinite) {
  const Parameters all = parameters_of({{3, 4}, {5}, {2, 2}});
  const Parameters a{{"p0", all[0]}}, b{{"p1", all[1]}}, c{{"p2", all[2]}};
  Optimizer optimizer(std::vector<Group>{{a, Lion{.lr = 0.1}}, {b, LAMB{.lr = 0.1}}, {c, Factored{.lr = 0.1}}});
  optimizer.apply(gradients_of(all, 1));
  const auto values = [&] {
    std::vector<Values> out;
    for (const Variable& v : all) out.push_back(v.value().to_vector<double>());
    const Parameters state = optimizer.state();
    for (std::size_t i = 0; i < state.size(); ++i)
      if (std::isdigit(static_cast<unsigned char>(state.name(i)[0])))
        out.push_back(state[i].value().to_vector<double>());
    return out;
  };
  const std::vector<Values> before = values();
  Gradients bad = gradients_of(all, 2);
  bad.values[1] = full({5}, std::numeric_limits<double>::quiet_NaN(), DType::kF64);
  optimizer.apply(bad);
  EXPECT_EQ(values(), before);
  EXPECT_EQ(optimizer.skipped(), 1);
  optimizer.apply(gradients_of(all, 2));
  EXPECT_NE(values(), before);
}

// However many groups: one kernel gives the parameters their new values.
TEST_P(RecipesOn, AreOneLaunchWhereTheyAreElementwise) {
  const Parameters all = parameters_of({{64, 32}, {100}, {32, 9}, {40}});
  std::vector<Group> groups;
  for (std::size_t g = 0; g < all.size(); ++g)
    groups.push_back(
        {{{all.name(g), all[g]}}, Lion{.lr = 0.1 / static_cast<double>(g + 1), .beta1 = 0.2 * static_cast<double>(g)}});
  Optimizer optimizer(groups);
  EXPECT_EQ(launches_of_update(optimizer, "0.lion.momentum"), 1);
  const Parameters more = parameters_of({{64, 32}, {100}});
  Optimizer cycle(more, SGD{.lr = schedule::one_cycle(0.1, 90), .momentum = schedule::one_cycle_momentum(90)});
  EXPECT_EQ(launches_of_update(cycle, "0.sgd.momentum"), 1);
}

WEFT_ON_EVERY_DEVICE(RecipesOn);

TEST(Recipe, IsWhatItsNumbersAre) {
  const Recipe lion = Lion{.lr = 0.5, .beta1 = 0.25};
  EXPECT_EQ(lion.name(), "lion");
  EXPECT_EQ(Recipe(AdamW{}).name(), "adamw");
  ASSERT_EQ(lion.numbers().size(), 4u);
  EXPECT_EQ(lion.numbers()[0], (RecipeNumber{"lr", Schedule(0.5)}));
  EXPECT_EQ(lion.numbers()[1], (RecipeNumber{"beta1", Schedule(0.25)}));
  EXPECT_EQ(Recipe(SGD{.nesterov = true}).numbers()[2], (RecipeNumber{"nesterov", std::int64_t{1}}));
  EXPECT_TRUE(lion == Lion({.lr = 0.5, .beta1 = 0.25}));
  EXPECT_FALSE(lion == Lion({.lr = 0.5, .beta1 = std::nextafter(0.25, 1.0)}));
  EXPECT_FALSE(lion == Lion({.lr = 0.5 * Schedule(1), .beta1 = 0.25}));
  EXPECT_FALSE(Recipe(Lion{.weight_decay = 0}) == Lion{.weight_decay = -0.0});
  EXPECT_FALSE(Recipe(Adam{.weight_decay = 0.1}) == AdamW{.weight_decay = 0.1});
  EXPECT_FALSE(Recipe(SGD{.momentum = 0.5}) == SGD({.momentum = 0.5, .nesterov = true}));
  // A copy is a value of its own.
  Recipe copy = lion;
  copy = LAMB{};
  EXPECT_EQ(lion.name(), "lion");
  EXPECT_EQ(copy.name(), "lamb");
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::string refusal(const Recipe& recipe) {
  const Parameters p{{"p", Variable(ones({1}))}};
  return message_of<ValueError>([&] { Optimizer(p, recipe); });
}

TEST(Recipe, IsInTheListOfTheTestsAndTakenInByTheUmbrella) {
  std::set<std::string> listed, written;
  for (const Recipe& recipe : every_recipe()) listed.insert(recipe.name());
  const std::filesystem::path source = WEFT_SOURCE_DIR;
  const std::string umbrella = read_file(source / "optim/rules/include/weft/recipes.h");
  for (const auto& entry : std::filesystem::directory_iterator(source / "optim/rules/include/weft")) {
    const std::string text = read_file(entry.path());
    std::smatch found;
    if (!std::regex_search(text, found, std::regex("\nstruct (\\w+) \\{[^}]*\n  WEFT_RECIPE\\("))) continue;
    std::string name = found[1];
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    written.insert(name);
    EXPECT_THAT(umbrella, HasSubstr("\"weft/" + entry.path().filename().string() + "\""));
  }
  EXPECT_EQ(listed, written);
}

TEST(Recipe, RefusesWrongNumbers) {
  EXPECT_EQ(refusal(Lion{.lr = -0.5}), "[lion] lr is -0.5; it must be 0 or more");
  EXPECT_EQ(refusal(Lion{.beta1 = 1}), "[lion] beta1 is 1; it must be in [0, 1)");
  EXPECT_EQ(refusal(LAMB{.eps = 0}), "[lamb] eps is 0; it must be positive");
  EXPECT_EQ(refusal(Factored{.threshold = kInf}), "[factored] threshold is inf; it must be finite");
  EXPECT_EQ(refusal(SGD{.momentum = -1}), "[sgd] momentum is -1; it must be 0 or more");
  EXPECT_EQ(refusal(Adagrad{.lr_decay = -1}), "[adagrad] lr_decay is -1; it must be 0 or more");
  EXPECT_EQ(refusal(Adagrad{.initial_accumulator_value = -1}),
            "[adagrad] initial_accumulator_value is -1; it must be 0 or more");
  EXPECT_EQ(refusal(Adadelta{.rho = 1.5}), "[adadelta] rho is 1.5; it must be in [0, 1]");
  EXPECT_EQ(refusal(RMSprop{.alpha = -0.1}), "[rmsprop] alpha is -0.1; it must be in [0, 1]");
  EXPECT_EQ(refusal(NAdam{.momentum_decay = -1}), "[nadam] momentum_decay is -1; it must be 0 or more");
  EXPECT_EQ(refusal(LARS{.trust_coefficient = 0}), "[lars] trust_coefficient is 0; it must be positive");
  EXPECT_EQ(refusal(Adafactor{.beta2_decay = 0.8}), "[adafactor] beta2_decay is 0.8; it must be 0 or less");
  EXPECT_EQ(refusal(Adafactor{.d = 0.5}), "[adafactor] d is 0.5; it must be 1 or more");
  EXPECT_EQ(refusal(Muon{.ns_steps = 100}), "[muon] ns_steps is 100; it must be from 0 to 99");
  EXPECT_EQ(refusal(ScheduleFreeAdamW{.beta1 = 0}),
            "[schedulefreeadamw] beta1 is 0; it must be positive, because x is read from y");
  EXPECT_EQ(refusal(SGD{.nesterov = true}), "[sgd] momentum is 0; it must be positive with nesterov");
  EXPECT_EQ(refusal(AdamW{.weight_decay = -0.1}), "[adamw] weight_decay is -0.1; it must be 0 or more");
  for (const Recipe& recipe : {Recipe(SGD{.lr = kNaN}), Recipe(Adam{.lr = kNaN}), Recipe(AdamW{.lr = kInf}),
                               Recipe(Lion{.weight_decay = kNaN}), Recipe(Adam{.beta2 = -0.1}),
                               Recipe(Adam{.eps = kNaN}), Recipe(Factored{.decay = kNaN})})
    EXPECT_THAT(refusal(recipe), HasSubstr("; it must be ")) << recipe.name();
  EXPECT_EQ(refusal(Adam{.lr = schedule::linear(1, -1, 10)}), "[adam] lr is -1 in some update; it must be 0 or more");
  EXPECT_THAT(refusal(Lion{.lr = -1 * schedule::warmup_cosine(1, 2, 9)}), HasSubstr("lr is -1 in some update"));
  EXPECT_THAT(refusal(Lion{.lr = Schedule(1).then(5, schedule::cosine(1, kNaN, 3))}), HasSubstr("in some update"));
  EXPECT_EQ(refusal(SGD{.momentum = schedule::linear(0.9, -1, 10)}),
            "[sgd] momentum is -1 in some update; it must be 0 or more");
  EXPECT_EQ(refusal(Adam{.beta1 = schedule::linear(0.5, 1, 10)}),
            "[adam] beta1 is 1 in some update; it must be in [0, 1)");
  // Cut off before it is negative.
  const Parameters p{{"p", Variable(ones({1}))}};
  EXPECT_NO_THROW(Optimizer(p, Adam{.lr = schedule::linear(1, -1, 10).then(5, 0.1)}));
  EXPECT_NO_THROW(Optimizer(p, Adam{.lr = 0, .beta1 = 0}));
}

TEST(Recipe, MuonNamesTheParameterThatIsNoMatrix) {
  const Parameters p{{"weight", Variable(ones({2, 3}))}, {"bias", Variable(ones({3}))}};
  EXPECT_EQ(message_of<ValueError>([&] { Optimizer(p, Muon{}); }),
            "[muon] bias: the parameter is (3,); it must be a matrix; give others to a group of their own, with AdamW "
            "for example");
}

struct Picky {
  Schedule lr = 0.1;
  double power = 2;
  WEFT_RECIPE(lr, power)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&) { return p - h.lr * g; }
  void check() const {
    if (power < 1) throw ValueError("picky", "", "power is " + std::to_string(power) + "; it must be 1 or more");
  }
};

TEST(Recipe, ChecksWhatItsOwnCheckSays) {
  EXPECT_THAT(refusal(Picky{.power = 0.5}), HasSubstr("[picky] power is 0.5"));
  EXPECT_NO_THROW(Optimizer({{"p", Variable(ones({1}))}}, Picky{}));
}

struct Still {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState&) { return p; }
};
struct WrongShape {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState&) { return p.sum(); }
};
struct WrongState {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState& s) {
    s.set("velocity", p);
    return p;
  }
};
struct WrongStateShape {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState& s) {
    s.set("velocity", s.get("velocity").sum());
    return p;
  }
};

struct WrongNumber {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers& h, const Tensor& p, const Tensor&, RecipeState& s) {
    s.set("rates", h.scale);
    return p;
  }
};
struct WrongEvaluation {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState&) { return p; }
  static Tensor evaluation(const Numbers&, const Tensor& p, RecipeState&) { return p.to(DType::kF64).sum(); }
};
struct NewState {
  double scale = 1;
  WEFT_RECIPE(scale)
  static Tensor update(const Numbers&, const Tensor& p, const Tensor&, RecipeState&) { return p; }
  static Tensor evaluation(const Numbers&, const Tensor&, RecipeState& s) { return s.get("mean"); }
};

TEST(Recipe, MistakesInAnUpdateAreNamed) {
  const Parameters p{{"p", Variable(ones({2, 3}))}};
  EXPECT_EQ(message_of<ShapeError>([&] { Optimizer(p, WrongShape{}); }),
            "[wrongshape] the update gives f32() for a parameter that is f32(2, 3); it must be the same");
  EXPECT_EQ(message_of<ValueError>([&] { Optimizer(p, WrongState{}); }),
            "[wrongstate] the update sets the state 'velocity' without asking for it; get() makes it");
  EXPECT_EQ(message_of<ShapeError>([&] { Optimizer(p, WrongStateShape{}); }),
            "[wrongstateshape] the state 'velocity' is (2, 3), the new value is ()");
  EXPECT_EQ(message_of<ValueError>([&] { Optimizer(p, WrongNumber{}); }),
            "[wrongnumber] the update sets the state 'rates' without asking for it; number() makes it");
  EXPECT_EQ(message_of<ShapeError>([&] { Optimizer(p, WrongEvaluation{}); }),
            "[wrongevaluation] the evaluation gives f64() for a parameter that is f32(2, 3); it must be the same");
  EXPECT_THAT(message_of<ValueError>([&] { Optimizer(p, NewState{}); }),
              HasSubstr("asks for the state 'mean', which it did not ask for at first"));
  // No rate to ask for; the update itself needs none.
  Optimizer still(p, Still{});
  still.apply({p, {ones({2, 3})}});
  EXPECT_EQ(still.updates(), 1);
  EXPECT_THAT(message_of<ValueError>([&] { static_cast<void>(still.lr()); }), HasSubstr("no number 'lr'"));
}

}  // namespace
}  // namespace weft::testing
