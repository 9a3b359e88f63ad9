// SPDX-License-Identifier: Apache-2.0
#include "weft/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "tests/support/files.h"
#include "weft/compile.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

using Numbers = std::vector<double>;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Variable f64(const Numbers& values, const std::string& name) {
  Variable v(Tensor::of(values, {static_cast<std::int64_t>(values.size())}));
  v.set_path(name);
  return v;
}
Numbers read(const Variable& v) { return v.value().to_vector<double>(); }

// The loss 1/2 sum c (p - target)^2 has the gradient c (p - target), which the oracle below computes by hand.
struct Bowl {
  Numbers curvature, target, start;
  Tensor loss(const Variable& p) const {
    const auto n = static_cast<std::int64_t>(start.size());
    const Tensor c = Tensor::of(curvature, {n}), t = Tensor::of(target, {n});
    return 0.5 * (c * square(p.value() - t)).sum();
  }
  Numbers gradient(const Numbers& p) const {
    Numbers g;
    for (std::size_t i = 0; i < p.size(); ++i) g.push_back(curvature[i] * (p[i] - target[i]));
    return g;
  }
};
const Bowl kBowl{{1, 10, 0.1, 3}, {1, -2, 3, 0.5}, {0, 0.5, -1, 2}};

// One number at a time, as the papers write it; the state is the oracle's own.
using Oracle = std::function<double(int t, double p, double g, double& a, double& b)>;

void expect_trajectory(const Recipe& recipe, const Oracle& oracle) {
  const Variable p = f64(kBowl.start, "p");
  Optimizer optimizer({{"p", p}}, recipe);
  auto step = compile([&] {
    Tensor loss = kBowl.loss(p);
    optimizer.minimize(loss);
    return loss;
  });
  Numbers wanted = kBowl.start, a(4), b(4);
  for (int t = 1; t <= 50; ++t) {
    step();
    const Numbers g = kBowl.gradient(wanted);
    for (std::size_t i = 0; i < 4; ++i) wanted[i] = oracle(t, wanted[i], g[i], a[i], b[i]);
    const Numbers got = read(p);
    for (std::size_t i = 0; i < 4; ++i) ASSERT_NEAR(got[i], wanted[i], 1e-10) << "update " << t << ", element " << i;
  }
  EXPECT_EQ(optimizer.updates(), 50);
  EXPECT_EQ(step.traces(), 1u);
}

TEST(Optimizer, PlainGradientDescent) {
  expect_trajectory(SGD{.lr = 0.05, .weight_decay = 0.02},
                    [](int, double p, double g, double&, double&) { return p - 0.05 * (g + 0.02 * p); });
}

TEST(Optimizer, Momentum) {
  expect_trajectory(SGD{.lr = 0.02, .momentum = 0.9, .weight_decay = 0.1},
                    [](int, double p, double g, double& b, double&) {
                      b = 0.9 * b + g + 0.1 * p;
                      return p - 0.02 * b;
                    });
}

TEST(Optimizer, Nesterov) {
  expect_trajectory(SGD{.lr = 0.02, .momentum = 0.8, .nesterov = true},
                    [](int, double p, double g, double& b, double&) {
                      b = 0.8 * b + g;
                      return p - 0.02 * (g + 0.8 * b);
                    });
}

double adam(int t, double p, double g, double& m, double& v, double lr, double beta1, double beta2, double eps) {
  m = beta1 * m + (1 - beta1) * g;
  v = beta2 * v + (1 - beta2) * g * g;
  const double m_hat = m / (1 - std::pow(beta1, t)), v_hat = v / (1 - std::pow(beta2, t));
  return p - lr * m_hat / (std::sqrt(v_hat) + eps);
}

TEST(Optimizer, AdamWithCoupledDecay) {
  expect_trajectory(Adam{.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.3},
                    [](int t, double p, double g, double& m, double& v) {
                      return adam(t, p, g + 0.3 * p, m, v, 0.05, 0.8, 0.95, 1e-3);
                    });
}

TEST(Optimizer, AdamWWithDecoupledDecayAndASchedule) {
  expect_trajectory(AdamW{.lr = schedule::linear(0.1, 0.02, 30), .weight_decay = 0.3},
                    [](int t, double p, double g, double& m, double& v) {
                      const double lr = t - 1 < 30 ? 0.1 - 0.08 * (t - 1) / 30 : 0.02;
                      return adam(t, p * (1 - lr * 0.3), g, m, v, lr, 0.9, 0.999, 1e-8);
                    });
}

TEST(Optimizer, GroupsHaveTheirOwnRecipes) {
  const Variable a = f64({1}, "a"), b = f64({1}, "b"), c = f64({1}, "c");
  Optimizer optimizer(std::vector<Group>{{{{"a", a}}, SGD{.lr = 0.5}, "fast"},
                                         {{{"b", b}}, SGD{.lr = 0.25 * Schedule(1)}, "slow"},
                                         {{}, Adam{}, "empty"}});
  auto step = compile([&] { optimizer.minimize((a.value() + 2 * b.value() + 4 * c.value()).sum()); });
  step();
  EXPECT_EQ(read(a), (Numbers{0.5}));
  EXPECT_EQ(read(b), (Numbers{0.5}));
  EXPECT_EQ(read(c), (Numbers{1}));  // in no group
  EXPECT_EQ(optimizer.lr(1).item(), 0.25f);
  optimizer.scale_lr(0.5);
  step();
  EXPECT_EQ(read(a), (Numbers{0.25}));
  EXPECT_EQ(read(b), (Numbers{0.25}));
  EXPECT_EQ(step.traces(), 1u);
  EXPECT_THROW(optimizer.lr(3), ValueError);
}

TEST(Optimizer, UnreachedAndFrozenAreLeftAlone) {
  const Variable a = f64({1, 1}, "a"), b = f64({1}, "b"), c = f64({1, 1, 1}, "c");
  Optimizer optimizer({{"a", a}, {"b", b}, {"c", c}}, AdamW{.lr = 0.1, .weight_decay = 0.5});
  bool with_b = false;
  auto step = compile([&](Static<bool> all) {
    Tensor loss = a.value().sum() + c.value().sum();
    if (all.value) loss = loss + b.value().sum();
    optimizer.minimize(loss);
  });
  step(Static<bool>{with_b});
  EXPECT_EQ(read(b), (Numbers{1}));  // no decay either
  EXPECT_LT(read(a)[0], 0.9);
  c.set_trainable(false);
  const Numbers frozen = read(c);
  step(Static<bool>{true});
  EXPECT_EQ(read(c), frozen);
  EXPECT_LT(read(b)[0], 1);
  c.set_trainable(true);
  step(Static<bool>{true});
  EXPECT_LT(read(c)[0], frozen[0]);
}

TEST(Optimizer, AccumulatingIsOneBigBatch) {
  const auto run = [](bool at_once) {
    const Variable p(Tensor::of<double>({0.5, -1, 2}, {3}));
    Optimizer optimizer({{"p", p}}, Adam{.lr = 0.1}, {.clip_norm = 0.7});
    const auto loss = [&](const Tensor& x) { return square((x * p.value()).sum({1}) - 1).mean(); };
    const Tensor x = Tensor::of<double>({1, 2, 3, 4, 5, 6, -1, 0, 2, 3, -3, 1}, {4, 3});
    auto whole = compile([&](Tensor in) { optimizer.minimize(loss(in)); });
    auto part = compile([&](Tensor in) { optimizer.accumulate(loss(in)); });
    auto update = compile([&] { return optimizer.update(); });
    for (int i = 0; i < 5; ++i) {
      if (at_once) {
        whole(x);
      } else {
        part(x.slice(0, 0, 2));
        part(x.slice(0, 2, 4));
        i % 2 == 0 ? update() : optimizer.update();  // traced or not is the same
      }
    }
    EXPECT_EQ(optimizer.updates(), 5);
    return read(p);
  };
  const Numbers big = run(true), small = run(false);
  for (std::size_t i = 0; i < big.size(); ++i) EXPECT_NEAR(big[i], small[i], 1e-12);
}

TEST(Optimizer, AnUpdateWithoutGradientsIsNone) {
  const Variable p = f64({1}, "p");
  Optimizer optimizer({{"p", p}}, SGD{.lr = 1, .weight_decay = 0.1});
  auto part = compile([&] { optimizer.accumulate(p.value().sum()); });
  part();
  optimizer.update();
  const Numbers after = read(p);
  optimizer.update();
  EXPECT_EQ(read(p), after);
  EXPECT_EQ(optimizer.updates(), 1);
}

TEST(Optimizer, ClippingAndTheNormBeforeIt) {
  const Variable p = f64({0, 0}, "p");
  Optimizer optimizer({{"p", p}}, SGD{.lr = 1}, {.clip_norm = 1});
  auto step = compile([&](Tensor x) {
    optimizer.accumulate((x * p.value()).sum());
    return optimizer.update();
  });
  EXPECT_EQ(step(Tensor::of<double>({3, 4}, {2})).item(), 5);
  EXPECT_NEAR(read(p)[0], -0.6, 1e-6);
  EXPECT_NEAR(read(p)[1], -0.8, 1e-6);
  step(Tensor::of<double>({0.3, 0}, {2}));  // below the limit: as it is
  EXPECT_NEAR(read(p)[0], -0.9, 1e-6);

  const Variable q = f64({0, 0}, "q");
  Optimizer limited({{"q", q}}, SGD{.lr = 1}, {.clip_value = 2});
  compile([&] { limited.minimize((Tensor::of<double>({3, -1}, {2}) * q.value()).sum()); })();
  EXPECT_EQ(read(q), (Numbers{-2, 1}));
}

// First all gradients together, then each parameter's, then each element; parameters of two dtypes and an empty one.
TEST(Optimizer, ClippingHasItsOrder) {
  const auto moved = [](const UpdateOptions& options) {
    const Variable p = f64({0, 0}, "p"), none(zeros({0, 3}, DType::kF64)), q(zeros({2, 1}));
    Optimizer optimizer({{"p", p}, {"none", none}, {"q", q}}, SGD{.lr = 1}, options);
    const Tensor steep = Tensor::of<double>({30, 40}, {2}), flat = Tensor::of<float>({0, 120}, {2, 1});
    optimizer.apply({{{"p", p}, {"none", none}, {"q", q}}, {steep, zeros({0, 3}, DType::kF64), flat}});
    EXPECT_EQ(read(q)[0], 0);
    return Numbers{-read(p)[0], -read(p)[1], -read(q)[1]};
  };
  const auto expect_near = [](const Numbers& got, const Numbers& wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-5 * wanted[i]) << i;
  };
  expect_near(moved({.clip_norm_per_layer = 100}), {30, 40, 100});
  expect_near(moved({.clip_norm_per_layer = 10}), {6, 8, 10});
  expect_near(moved({.clip_norm = 65, .clip_norm_per_layer = 25}), {15, 20, 25});  // 15, 20 and 60 after the first
  expect_near(moved({.clip_norm = 13, .clip_norm_per_layer = 100}), {3, 4, 12});
  expect_near(moved({.clip_norm = 65, .clip_norm_per_layer = 25, .clip_value = 18}), {15, 18, 18});
  for (const double bad : {-1.0, kNaN}) {
    EXPECT_THROW(moved({.clip_norm = bad}), ValueError);
    EXPECT_THROW(moved({.clip_value = bad}), ValueError);
    EXPECT_THROW(moved({.clip_norm_per_layer = bad}), ValueError);
  }
}

TEST(Optimizer, ANonFiniteUpdateChangesNothing) {
  const Variable p = f64({1, 2}, "p");
  Optimizer optimizer({{"p", p}}, Adam{.lr = 0.1});
  auto step = compile([&](Tensor x) { optimizer.minimize((x * p.value()).sum()); });
  step(Tensor::of<double>({1, 1}, {2}));
  const Numbers before = read(p);
  std::vector<Numbers> state;
  for (const Variable& v : optimizer.state()) state.push_back(read(v));
  step(Tensor::of<double>({1, kNaN}, {2}));
  step(Tensor::of<double>({std::numeric_limits<double>::infinity(), 1}, {2}));
  EXPECT_EQ(read(p), before);
  EXPECT_EQ(optimizer.updates(), 1);
  EXPECT_EQ(optimizer.skipped(), 2);
  const Parameters now = optimizer.state();
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now.name(i) != "skipped" && now.name(i) != "finite") {
      EXPECT_EQ(read(now[i]), state[i]) << now.name(i);
    }
  step(Tensor::of<double>({1, 1}, {2}));
  EXPECT_LT(read(p)[0], before[0]);
}

TEST(Optimizer, ANonFiniteLossWithFiniteGradientsChangesNothing) {
  const Variable p = f64({1}, "p");
  Optimizer optimizer({{"p", p}}, SGD{.lr = 0.1});
  auto step = compile([&](Tensor x) { optimizer.minimize(p.value().sum() + x); });
  auto part = compile([&](Tensor x) { optimizer.accumulate(p.value().sum() + x); });
  step(kNaN);
  part(kNaN);
  part(1.0);
  optimizer.update();
  EXPECT_EQ(read(p), (Numbers{1}));
  EXPECT_EQ(optimizer.skipped(), 2);
}

TEST(Optimizer, AppliesGivenGradientsAnywhere) {
  const Variable p = f64({1, 2}, "p"), q = f64({3}, "q");
  Optimizer optimizer({{"p", p}, {"q", q}}, SGD{.lr = 0.5});
  const Parameters both{{"q", q}, {"p", p}};
  const auto [value, g] =
      value_and_grad([&](Tensor x) { return (x * p.value()).sum(); }, both)(Tensor::of<double>({2, 4}, {2}));
  optimizer.apply(g);
  EXPECT_EQ(read(p), (Numbers{0, 0}));
  EXPECT_EQ(read(q), (Numbers{3}));
  optimizer.accumulate(g);
  optimizer.accumulate(g);
  optimizer.update();
  EXPECT_EQ(read(p), (Numbers{-1, -2}));
}

// One program: after the first minimize() reads give the new weights; what was computed before keeps the old ones.
TEST(Optimizer, TwoOptimizersInOneProgram) {
  const Variable d = f64({1}, "d"), g = f64({2}, "g");
  Optimizer d_opt({{"d", d}}, SGD{.lr = 0.5}), g_opt({{"g", g}}, SGD{.lr = 0.5});
  auto both = compile([&] {
    const Tensor early = d.value() * g.value();
    d_opt.minimize((d.value() * stop_gradient(g.value())).sum());   // d = 1 - 0.5 * 2 = 0
    g_opt.minimize((3 * g.value() + d.value() * g.value()).sum());  // dg = 3 + new d = 3
    return early.sum();
  });
  EXPECT_EQ(both().item<double>(), 2);
  EXPECT_EQ(read(d), (Numbers{0}));
  EXPECT_EQ(read(g), (Numbers{0.5}));
}

TEST(Optimizer, FloatParametersOfManyShapes) {
  const Variable a(Tensor::of<float>({1, 2, 3, 4, 5, 6}, {2, 3})), b(Tensor::scalar(7.0f)), c(zeros({0, 4}));
  Optimizer optimizer({{"a", a}, {"b", b}, {"c", c}}, SGD{.lr = 1, .momentum = 0.5});
  auto step = compile([&] { optimizer.minimize(a.value().sum() + 2 * b.value() + c.value().sum()); });
  step();
  step();  // the momentum is 1.5 and 3
  EXPECT_EQ(a.value().to_vector(), (std::vector<float>{-1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 3.5f}));
  EXPECT_EQ(b.value().item(), 2);
}

TEST(Optimizer, BadInput) {
  const Variable p = f64({1}, "p");
  Optimizer optimizer({{"p", p}}, SGD{});
  const std::string message = message_of<TraceError>([&] { optimizer.minimize(p.value().sum()); });
  EXPECT_NE(message.find("compile()"), std::string::npos) << message;
  EXPECT_NE(message.find("value_and_grad()"), std::string::npos) << message;
  EXPECT_THROW(optimizer.accumulate(p.value().sum()), TraceError);
  EXPECT_EQ(message_of<ValueError>([&] {
              Optimizer(std::vector<Group>{{{{"p", p}}, SGD{}, "one"}, {{{"x", p}}, Adam{}}});
            }),
            "[optimizer] p: the parameter is in group 'one' and in group '1'; it may be in one");
  EXPECT_THROW(Optimizer({{"p", p}}, Adam{.beta1 = 1}), ValueError);
  EXPECT_THROW(Optimizer({{"p", p}}, SGD{.nesterov = true}), ValueError);
  EXPECT_THROW(Optimizer({{"p", p}}, SGD{}, {.clip_norm = -1}), ValueError);
  const Variable labels(Tensor::of<std::int64_t>({1}, {1}));
  EXPECT_THROW(Optimizer({{"labels", labels}}, SGD{}), DTypeError);
}

}  // namespace
}  // namespace weft::testing
