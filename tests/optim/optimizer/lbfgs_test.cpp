// SPDX-License-Identifier: Apache-2.0
#include "weft/lbfgs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

class LBFGSOn : public EveryDevice {};

Variable f64(const std::vector<double>& values) {
  return Variable(Tensor::of(values, {static_cast<std::int64_t>(values.size())}));
}
double at(const Variable& v, std::size_t i) { return v.value().to_vector<double>()[i]; }

TEST_P(LBFGSOn, ReachesRosenbrocksMinimum) {
  const Variable x = f64({-1.2}), y = f64({1});
  LBFGS optimizer({{"x", x}, {"y", y}},
                  [&] { return 100 * square(y.value() - square(x.value())) + square(1 - x.value()); },
                  {.tolerance_change = 1e-15});
  const double first = optimizer.step();
  EXPECT_NEAR(first, 24.2, 1e-12);
  double loss = first;
  for (int i = 0; i < 10; ++i) loss = optimizer.step();
  EXPECT_LT(loss, 1e-15);
  EXPECT_NEAR(at(x, 0), 1, 1e-7);
  EXPECT_NEAR(at(y, 0), 1, 1e-7);
  const std::int64_t evaluations = optimizer.evaluations();
  optimizer.step();  // nothing is left to gain
  EXPECT_EQ(optimizer.evaluations(), evaluations + 1);
}

// Logistic regression on digits, with parameters of three dtypes.
TEST_P(LBFGSOn, FitsAllDigitsAtOnce) {
  const Dataset digits = data::digits().train;
  const Tensor pixels = digits.columns()[0].to(default_device()), labels = digits.columns()[1].to(default_device());
  const Variable weight(zeros({10, 64})), bias(zeros({10}, DType::kF64)), scale(ones({1}, DType::kBF16));
  LBFGS optimizer({{"weight", weight}, {"bias", bias}, {"scale", scale}}, [&] {
    const Tensor logits = matmul(pixels, weight.value() * scale.value().to(DType::kF32), false, true);
    return cross_entropy(logits + bias.value().to(DType::kF32), labels) + 1e-4 * square(weight.value()).sum();
  });
  double loss = 0;
  for (int i = 0; i < 4; ++i) loss = optimizer.step();
  EXPECT_LT(loss, 0.2);
  EXPECT_EQ(scale.dtype(), DType::kBF16);
}

TEST_P(LBFGSOn, LeavesFrozenParametersAlone) {
  const Variable p = f64({3, -2}), q = f64({1, 5});
  LBFGS optimizer({{"p", p}, {"q", q}},
                  [&] { return square(square(p.value())).sum() + square(q.value() - p.value()).sum(); },
                  {.max_iter = 3});
  optimizer.step();
  q.set_trainable(false);
  const std::vector<double> before = q.value().to_vector<double>();
  for (int i = 0; i < 5; ++i) optimizer.step();
  EXPECT_EQ(q.value().to_vector<double>(), before);
  q.set_trainable(true);
  for (int i = 0; i < 30; ++i) optimizer.step();
  EXPECT_NEAR(at(q, 1), 0, 1e-2);
}

// sqrt(x) - log(x) type walls: trials beyond them are NaN, and the search comes back.
TEST_P(LBFGSOn, ComesBackFromTrialsThatAreNotFinite) {
  const Variable x = f64({0.01});
  LBFGS optimizer({{"x", x}}, [&] { return (0.5 * x.value() - log(x.value())).sum(); }, {.lr = 100});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::isfinite(optimizer.step()));
  EXPECT_NEAR(at(x, 0), 2, 1e-5);
}

TEST_P(LBFGSOn, RefusesALossThatIsNotFinite) {
  const Variable x = f64({-1, 4});
  LBFGS bad({{"x", x}}, [&] { return log(x.value()).sum(); });
  EXPECT_THAT(message_of<DataError>([&] { bad.step(); }), HasSubstr("not finite at the parameters given"));
  EXPECT_EQ(x.value().to_vector<double>(), (std::vector<double>{-1, 4}));
  x.assign(Tensor::of<double>({1, 4}, {2}));
  LBFGS fixed({{"x", x}}, [&] { return (x.value() - log(x.value())).sum() - 3 * sqrt(x.value()).sum(); },
              {.lr = 50, .strong_wolfe = false});
  EXPECT_THAT(message_of<DataError>([&] {
                for (int i = 0; i < 50; ++i) fixed.step();
              }),
              HasSubstr("after a step"));
  for (const double value : x.value().to_vector<double>()) EXPECT_GT(value, 0);
}

TEST_P(LBFGSOn, RefusesWhatCannotBe) {
  const Variable x = f64({1}), n(Tensor::scalar<std::int64_t>(1)), other = f64({2});
  const auto loss = [&] { return square(x.value()).sum(); };
  const auto refusal = [&](LBFGSOptions options) {
    return message_of<ValueError>([&] { LBFGS({{"x", x}}, loss, options); });
  };
  EXPECT_EQ(refusal({.lr = -1}), "[lbfgs] lr is -1; it must be 0 or more");
  EXPECT_EQ(refusal({.max_iter = 0}), "[lbfgs] max_iter is 0; it must be positive");
  EXPECT_EQ(refusal({.max_eval = -1}), "[lbfgs] max_eval is -1; it must be 0 (5/4 max_iter) or positive");
  EXPECT_EQ(refusal({.tolerance_grad = NAN}), "[lbfgs] tolerance_grad is nan; it must be 0 or more");
  EXPECT_EQ(refusal({.history_size = 0}), "[lbfgs] history_size is 0; it must be positive");
  EXPECT_THAT(message_of<ValueError>([&] { LBFGS({}, loss); }), HasSubstr("no parameters"));
  EXPECT_THAT(message_of<DTypeError>([&] { LBFGS({{"n", n}}, loss); }), HasSubstr("only floating"));
  LBFGS unreached({{"other", other}}, loss);
  EXPECT_THAT(message_of<ValueError>([&] { unreached.step(); }), HasSubstr("reaches none"));
  LBFGS many({{"x", x}}, [&] { return concat({x.value(), x.value()}); });
  EXPECT_THROW(many.step(), ShapeError);
  LBFGS traced({{"x", x}}, loss);
  EXPECT_THROW(compile([&] { traced.step(); })(), TraceError);
  LBFGS moved = std::move(traced);
  EXPECT_THROW(traced.step(), ValueError);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(moved.step(), 1);
}

struct Valley {
  explicit Valley(std::int64_t history)
      : optimizer({{"x", x}, {"y", y}},
                  [this] {
                    const Tensor a = x.value(), b = y.value().to(DType::kF64);
                    return 100 * square(b - square(a)).sum() + square(1 - a).sum();
                  },
                  {.max_iter = 3, .tolerance_change = 1e-15, .history_size = static_cast<int>(history)}) {}
  std::vector<double> values() const {
    std::vector<double> out = x.value().to_vector<double>();
    for (const double value : y.value().to_vector<double>()) out.push_back(value);
    return out;
  }
  Variable x = f64({-1.2, 0.3}), y{full({2}, 1.0f)};
  LBFGS optimizer;
};

// Whenever it is cut: before the first step, with a history that grows, and with one that is full.
TEST_P(LBFGSOn, GoesOnFromACheckpointBitForBit) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "run.safetensors";
  for (const int steps : {0, 1, 2, 3, 4, 6, 8}) {
    Valley whole(5), first(5), second(5);
    const auto things = [](Valley& valley) { return Checkpoint(valley.optimizer); };
    for (int i = 0; i < steps; ++i) {
      whole.optimizer.step();
      first.optimizer.step();
    }
    things(first).save(path);
    second.x.assign(f64({-3, 4}).value());
    second.optimizer.step();  // state that the file replaces, of another place
    ASSERT_TRUE(things(second).resume(path));
    second.x.assign(first.x.value());
    second.y.assign(first.y.value());
    EXPECT_EQ(second.optimizer.evaluations(), first.optimizer.evaluations());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(second.optimizer.step(), whole.optimizer.step()) << steps;
      EXPECT_EQ(second.values(), whole.values()) << steps;
    }
    EXPECT_EQ(second.optimizer.evaluations(), whole.optimizer.evaluations());
  }
  // A frozen parameter ends the history that the file has, too.
  Valley frozen(5);
  frozen.y.set_trainable(false);
  ASSERT_TRUE(Checkpoint(frozen.optimizer).resume(path));
  const std::vector<float> y = frozen.y.value().to_vector();
  frozen.optimizer.step();
  EXPECT_EQ(frozen.y.value().to_vector(), y);
  // Fewer pairs than the file has are another optimizer's; more are not.
  Valley small(2), large(50);
  EXPECT_THROW(Checkpoint(small.optimizer).resume(path), ShapeError);
  EXPECT_TRUE(Checkpoint(large.optimizer).resume(path));
}

// The second step finds a curve that bends down, which makes no pair: the first pair's scale stays in use.
TEST_P(LBFGSOn, GoesOnWithTheScaleOfItsLastPair) {
  const TemporaryDirectory directory;
  struct Waves {
    Variable x = f64({1.6, -1.0});
    LBFGS optimizer{{{"x", x}}, [this] { return sin(x.value()).sum(); }, {.max_iter = 1, .strong_wolfe = false}};
  } whole, second;
  for (int i = 0; i < 3; ++i) whole.optimizer.step();
  Checkpoint(whole.optimizer).save(directory / "run.safetensors");
  ASSERT_TRUE(Checkpoint(second.optimizer).resume(directory / "run.safetensors"));
  second.x.assign(whole.x.value());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(second.optimizer.step(), whole.optimizer.step());
    EXPECT_EQ(second.x.value().to_vector<double>(), whole.x.value().to_vector<double>());
  }
}

WEFT_ON_EVERY_DEVICE(LBFGSOn);

}  // namespace
}  // namespace weft::testing
