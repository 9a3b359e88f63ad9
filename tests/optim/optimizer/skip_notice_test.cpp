// SPDX-License-Identifier: Apache-2.0
// A warning, once, for updates that are left out in a training loop of one's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/warnings.h"
#include "weft/compile.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SkipNoticeOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(SkipNoticeOn);

std::string text_for(const std::string& what) {
  return "optimizer: an update is left out, because " + what +
         " not finite; such an update changes nothing, and skipped() counts all of them";
}

// Four parameters and a loss whose derivative by 1.weight is 0 / 0 while the loss is finite.
struct Loop {
  explicit Loop(UpdateOptions options = {}) : optimizer(model.parameters(), SGD{.lr = 0.1}, options) {}
  Tensor loss(const Tensor& x, const Tensor& bad) {
    const Tensor w = model.get<Linear>(1).weight.value();
    return model(x).sum() + bad * sqrt(square(w * 0).sum());
  }
  // A step whose gradient of 1.weight is not finite, or is.
  Compiled<Tensor(Tensor)> step(bool bad) {
    return compile([this, bad](Tensor in) {
      Tensor value = bad ? loss(in, Tensor::scalar(1.0f)) : model(in).sum();
      optimizer.minimize(value);
      return value;
    });
  }
  Sequential model{Linear(3, 3), Linear(3, 2)};
  Optimizer optimizer;
};

Tensor x() { return ones({2, 3}); }
Tensor number(float value) { return Tensor::scalar(value); }

TEST_P(SkipNoticeOn, NamesTheFirstBadGradientOnce) {
  Loop loop;
  auto step = loop.step(true);
  const Warnings warnings;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(std::isfinite(step(x()).item()));
  EXPECT_THAT(warnings.texts, ElementsAre(text_for("the gradient of 1.weight is")));
  EXPECT_EQ(loop.optimizer.skipped(), 5);
  EXPECT_LE(step.traces(), 2u);
}

TEST_P(SkipNoticeOn, GoodUpdatesPayNothing) {
  Loop loop;
  auto step = loop.step(false);
  const Warnings warnings;
  for (int i = 0; i < 5; ++i) step(x()).item();
  EXPECT_THAT(warnings.texts, IsEmpty());
  EXPECT_EQ(step.traces(), 1u);
}

TEST_P(SkipNoticeOn, NamesTheLoss) {
  Loop loop;
  auto step = loop.step(false);
  const Warnings warnings;
  for (int i = 0; i < 3; ++i) step(full({2, 3}, INFINITY)).item();
  EXPECT_THAT(warnings.texts, ElementsAre(text_for("the loss is")));
}

TEST_P(SkipNoticeOn, GivenAndAccumulatedGradients) {
  for (const bool given : {true, false}) {
    Loop loop;
    auto gradients = value_and_grad([&](Tensor in) { return loop.loss(in, number(1)); }, loop.model.parameters());
    const Warnings warnings;
    for (int i = 0; i < 3; ++i) {
      const Gradients g = gradients(x()).second;
      if (given) {
        loop.optimizer.apply(g);
      } else {
        loop.optimizer.accumulate(g);
        static_cast<void>(loop.optimizer.update());
      }
      static_cast<void>(loop.optimizer.skipped());  // a read
    }
    EXPECT_THAT(warnings.texts, ElementsAre(text_for("the gradient of 1.weight is")));
  }
}

TEST_P(SkipNoticeOn, ASealedProgramIsNotTracedAgain) {
  Loop loop;
  auto step = loop.step(true);
  step.prepare(x());
  step.seal();
  const Warnings warnings;
  for (int i = 0; i < 6; ++i) step(x()).item();
  EXPECT_THAT(warnings.texts, ElementsAre(text_for("its gradients or its loss are")));
  EXPECT_EQ(step.traces(), 1u);
}

TEST_P(SkipNoticeOn, ALossScaleThatIsTooLargeIsNoNotice) {
  Loop loop({.loss_scale = {.initial = 0x1p40}});
  auto step = compile([&](Tensor in) {
    Tensor loss = loop.model(in).sum() * 1e30;
    loop.optimizer.minimize(loss);
    return loss;
  });
  const Warnings warnings;
  for (int i = 0; i < 3; ++i) step(x()).item();
  EXPECT_TRUE(loop.optimizer.overflowed().item<bool>());
  EXPECT_THAT(warnings.texts, IsEmpty());
}

TEST_P(SkipNoticeOn, ResultsMayOutliveTheOptimizer) {
  Tensor last;
  {
    Loop loop;
    auto step = compile([&](Tensor in) {
      Tensor loss = loop.loss(in, number(1));
      loop.optimizer.minimize(loss);
      return loss;
    });
    last = step(x());
  }
  EXPECT_TRUE(std::isfinite(last.item()));
}

}  // namespace
}  // namespace weft::testing
