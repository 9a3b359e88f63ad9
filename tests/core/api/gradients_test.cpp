// SPDX-License-Identifier: Apache-2.0
#include "weft/gradients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/flat_buffer.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

class GradientsOn : public EveryDevice {};

Tensor number(double v) { return Tensor::scalar(v); }

TEST_P(GradientsOn, ClosedFormsByReverseAndForward) {
  // J = cos(sin(x^2) + 3 x^2)
  const Map j = [](Tensor x) { return cos(sin(square(x)) + 3 * square(x)); };
  const double x = 0.7, inner = std::sin(x * x) + 3 * x * x;
  const double slope = -std::sin(inner) * (std::cos(x * x) * 2 * x + 6 * x);
  EXPECT_NEAR(grad(j)(number(x)).item<double>(), slope, 1e-12);
  EXPECT_NEAR(jvp(j, number(x), number(1)).tangent.item<double>(), slope, 1e-12);
  const auto [value, pull] = vjp(j, number(x));
  EXPECT_NEAR(value.item<double>(), std::cos(inner), 1e-12);
  EXPECT_NEAR(pull(number(2)).item<double>(), 2 * slope, 1e-12);
  // Second derivative, three ways.
  const double d1 = std::cos(x * x) * 2 * x + 6 * x;
  const double d2 = -std::sin(x * x) * 4 * x * x + 2 * std::cos(x * x) + 6;
  const double curvature = -std::cos(inner) * d1 * d1 - std::sin(inner) * d2;
  EXPECT_NEAR(grad(grad(j))(number(x)).item<double>(), curvature, 1e-11);
  EXPECT_NEAR(hvp(j, number(x), number(1)).item<double>(), curvature, 1e-11);
  const Map slope_of = [&](Tensor t) { return jvp(j, t, ones_like(t)).tangent; };
  EXPECT_NEAR(jvp(slope_of, number(x), number(1)).tangent.item<double>(), curvature, 1e-11);
}

TEST_P(GradientsOn, LogisticLossAtThree) {
  const Variable w(number(3));
  const auto f = value_and_grad([&](Tensor x) { return -log(sigmoid(w * x)); }, {{"w", w}});
  const auto [loss, g] = f(number(3));
  EXPECT_NEAR(g[w].item<double>(), -3.7018372e-4, 1e-11);
  EXPECT_NEAR(loss.item<double>(), 1.2340218972e-4, 1e-11);
}

TEST_P(GradientsOn, TwoLayerSigmoidNetBothModesAndTwice) {
  seed(1);
  const Tensor w1 = randn({4, 3}, DType::kF64), w2 = randn({2, 4}, DType::kF64);
  const Map net = [&](Tensor x) { return sigmoid(matmul(sigmoid(matmul(x, w1, false, true)), w2, false, true)); };
  const GradientReport report = check_gradients(net, {{.shape = {2, 3}, .dtype = DType::kF64}});
  EXPECT_TRUE(report.ok) << report.text;
}

TEST_P(GradientsOn, CheckGradientsSeesAWrongOne) {
  // stop_gradient hides half of the slope of x * x.
  const GradientReport report = check_gradients([](Tensor x) { return x * stop_gradient(x); }, {{.shape = {3}}});
  EXPECT_FALSE(report.ok);
  EXPECT_THAT(report.text, HasSubstr("WRONG"));
}

TEST_P(GradientsOn, CheckGradientsByVariables) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Variable w(Tensor::of({0.5, -1.0, 2.0}, {3}).to(dtype)), unused(ones({2}).to(dtype));
    const Parameters of{{"w", w}, {"unused", unused}};
    const GradientReport good = check_gradients([&] { return (sin(w.value()) * w).sum(); }, of);
    EXPECT_TRUE(good.ok) << good.text;
    EXPECT_EQ(good.dtype, dtype);
    EXPECT_THAT(good.text, HasSubstr("10 evaluations"));
    const GradientReport bad = check_gradients([&] { return (stop_gradient(w) * w).sum(); }, of);
    EXPECT_FALSE(bad.ok);
    EXPECT_NEAR(bad.reverse, 0.5, 0.01);  // half of each slope is hidden
    // The values are those from before, also where the loss throws.
    EXPECT_THROW(check_gradients([&]() -> Tensor { return w.value(); }, of), ShapeError);
    EXPECT_EQ(w.value().to_vector<double>(), (std::vector<double>{0.5, -1.0, 2.0}));
  }
  const Variable half(ones({2}).to(DType::kBF16));
  EXPECT_THROW(check_gradients([&] { return half.value().sum(); }, {{"half", half}}), DTypeError);
  EXPECT_EQ(check_gradients([] { return ones({}); }, Parameters{}).worst, 0);
}

// A value that is moved past 0.505 picks a row that the table lacks.
TEST_P(GradientsOn, CheckGradientsPutsValuesBackWhereALossFails) {
  const Variable w(full({1}, 0.5f));
  const Tensor table = ones({1});
  EXPECT_THROW(check_gradients([&] { return (w * take(table, greater(w, 0.505).to(DType::kI64))).sum(); }, {{"w", w}}),
               DataError);
  EXPECT_EQ(w.value().item(), 0.5f);
}

TEST_P(GradientsOn, ThereIsNoTape) {
  const Variable w(ones({1}));
  try {
    gradients(ones({1}), Parameters{{"w", w}});
    FAIL() << "must throw";
  } catch (const TraceError& e) {
    EXPECT_THAT(e.what(), HasSubstr("compile()"));
    EXPECT_THAT(e.what(), HasSubstr("value_and_grad"));
  }
}

TEST_P(GradientsOn, AVariableThatIsNotReachedHasNone) {
  const Variable w(ones({1})), other(ones({1}));
  const auto [loss, g] =
      value_and_grad([&](Tensor x) { return (w * x).sum(); }, {{"w", w}, {"other", other}})(ones({1}));
  EXPECT_TRUE(g[w].defined());
  EXPECT_FALSE(g[other].defined());
  EXPECT_THROW(g[Variable(ones({1}))], ValueError);
}

TEST_P(GradientsOn, GradientsUseTheVersionThatTheForwardRead) {
  const Variable w(Tensor::of<float>({2}, {1}));
  auto f = compile([&](Tensor x) {
    const Tensor first = (w * w * x).sum();  // w = 2: slope 4
    w.assign(w.value() * 5);
    const Tensor second = (w * w * x).sum();  // w = 10: slope 20, and not through the assignment
    const Parameters of{{"w", w}};
    return std::pair{gradients(first, of)[w], gradients(second, of)[w]};
  });
  const auto [a, b] = f(ones({1}));
  EXPECT_EQ(a.item(), 4);
  EXPECT_EQ(b.item(), 20);
}

TEST_P(GradientsOn, ClippingScalesToTheLimit) {
  const Variable w(zeros({2}));
  auto f = compile([&](Tensor c, Tensor limit) {
    const Gradients g = gradients((w * c).sum(), Parameters{{"w", w}});
    return std::pair{global_norm(g), clip_global_norm(g, limit)[w]};
  });
  const Tensor c = Tensor::of<float>({3, 4}, {2});
  const auto [norm, clipped] = f(c, 1.0f);
  EXPECT_FLOAT_EQ(norm.item(), 5);
  EXPECT_NEAR(clipped.to_vector()[0], 0.6, 1e-6);
  EXPECT_THAT(f(c, 50.0f).second.to_vector(), ::testing::ElementsAre(3, 4));
}

TEST_P(GradientsOn, SegmentsAreWindowsOnOneAllocation) {
  const Variable a(Tensor::of<float>({1, 2, 3}, {3})), b(Tensor::of<float>({4, 5, 6, 7}, {2, 2}));
  const Tensor kept = a.value();
  const auto segments = lay_out({a, b});
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].numel() % 64, 0);
  EXPECT_EQ(lay_out({b})[0].members.size(), 1u);
  auto step = compile([&](Tensor x) {
    const Tensor loss = (a * x).sum() + square(b.value()).sum();
    const Gradients g = gradients(loss, Parameters{{"a", a}, {"b", b}});
    segments[0].assign(segments[0].value() - segments[0].gather(g.values));
    return loss + 0 * a.value().sum();  // a read after the assignment
  });
  step(ones({3}));
  EXPECT_THAT(a.value().to_vector(), ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(b.value().to_vector(), ::testing::ElementsAre(-4, -5, -6, -7));
  EXPECT_THAT(kept.to_vector(), ::testing::ElementsAre(1, 2, 3));
  auto one = compile([&] { b.assign(zeros({2, 2})); });
  one();
  EXPECT_THAT(a.value().to_vector(), ::testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(b.value().to_vector(), ::testing::Each(0));
}

WEFT_ON_EVERY_DEVICE(GradientsOn);

}  // namespace
}  // namespace weft::testing
