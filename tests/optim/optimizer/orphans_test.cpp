// SPDX-License-Identifier: Apache-2.0
// A warning, once, for parameters that a loss reaches and no optimizer holds, because they are most likely forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/warnings.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/compile.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kNobody =
    "optimizer: the loss reaches trainable parameters that no optimizer holds, so they keep their values: ";
constexpr const char* kAdvice = "; give them to an optimizer or freeze them";

Tensor rows(std::int64_t n = 2) { return ones({n, 3}); }

TEST(Orphans, AreNamedOnceAndCounted) {
  Sequential model{Linear(3, 4), Tanh(), Linear(4, 4), Linear(4, 2)};
  const Warnings warnings;
  Optimizer optimizer(model.parameters().matching("0.weight"), SGD{});
  auto step = compile([&](Tensor x) { optimizer.minimize(model(x).sum()); });
  step(rows());
  step(rows());
  step(rows(5));  // another trace
  EXPECT_THAT(warnings.texts, ElementsAre(std::string(kNobody) + "0.bias, 2.weight, 2.bias and 2 more" + kAdvice));
}

TEST(Orphans, AccumulatingSaysItToo) {
  Sequential model{Linear(3, 2)};
  const Warnings warnings;
  Optimizer optimizer(model.parameters().matching("*.weight"), SGD{});
  compile([&](Tensor x) { optimizer.accumulate(model(x).sum()); })(rows());
  EXPECT_THAT(warnings.texts, ElementsAre(std::string(kNobody) + "0.bias" + kAdvice));
}

TEST(Orphans, AModuleThatNobodyAskedForItsParametersHasShapesForNames) {
  Linear known(3, 3), forgotten(3, 5);
  const Warnings warnings;
  Optimizer optimizer(known.parameters(), SGD{});
  compile([&](Tensor x) { optimizer.minimize(forgotten(known(x)).sum()); })(rows());
  EXPECT_THAT(warnings.texts, ElementsAre(std::string(kNobody) + "one of shape (5, 3), one of shape (5,)" + kAdvice));
}

// The generator's loss reaches the discriminator, which is its own optimizer's business, also in one program.
TEST(Orphans, WhatAnotherOptimizerHoldsIsNone) {
  Sequential generator{Linear(3, 3)}, judge{Linear(3, 1)};
  const Warnings warnings;
  Optimizer g_opt(generator.parameters(), Adam{});
  std::optional<Optimizer> d_opt(std::in_place, judge.parameters(), Adam{});
  const auto g_loss = [&](const Tensor& z) { return judge(generator(z)).sum(); };
  compile([&](Tensor z) {
    d_opt->minimize(judge(stop_gradient(generator(z))).sum());
    g_opt.minimize(g_loss(z));
  })(rows());
  compile([&](Tensor z) { g_opt.minimize(g_loss(z)); })(rows());
  EXPECT_THAT(warnings.texts, IsEmpty());
  d_opt.reset();  // now nobody trains the judge
  compile([&](Tensor z) { g_opt.minimize(g_loss(z)); })(rows());
  EXPECT_THAT(warnings.texts, ElementsAre(std::string(kNobody) + "0.weight, 0.bias" + kAdvice));
}

TEST(Orphans, FrozenCutOffAndUntrainedOnesAreNone) {
  Sequential backbone{Linear(3, 3), BatchNorm(3)}, head{Linear(3, 1)}, aside{Linear(3, 1)};
  const Variable state(ones({3}));  // a plain variable is state, not a parameter
  Optimizer optimizer(head.parameters(), SGD{});
  backbone.freeze();
  const Warnings warnings;
  auto step = compile([&](Tensor x) {
    const Tensor reached = head(backbone(x) * state.value());
    optimizer.minimize(reached.sum() + stop_gradient(aside(x)).sum());
  });
  step(rows());
  EXPECT_THAT(warnings.texts, IsEmpty());
}

TEST(Orphans, TheCloneOfAParameterIsOne) {
  Sequential model{Linear(3, 2)};
  Sequential copy = clone(model);
  const Warnings warnings;
  Optimizer optimizer(copy.parameters().matching("*.weight"), SGD{});
  compile([&](Tensor x) { optimizer.minimize(copy(x).sum()); })(rows());
  EXPECT_THAT(warnings.texts, ElementsAre(std::string(kNobody) + "0.bias" + kAdvice));
}

}  // namespace
}  // namespace weft::testing
