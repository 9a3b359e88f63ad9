// SPDX-License-Identifier: Apache-2.0
// Norms of gradients whose squares are beyond their dtype.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/optimizer.h"

namespace weft::testing {
namespace {

class LargeGradientsOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(LargeGradientsOn);

// A gradient, and the step of length 1 that it gives.
struct Case {
  DType dtype;
  std::vector<double> gradient, step;
};

std::vector<Case> cases() {
  return {{DType::kF32, {1e20, 0}, {1, 0}},
          {DType::kF32, {-3e38, 3e38, 3e38, 3e38}, {-0.5, 0.5, 0.5, 0.5}},  // the norm itself is beyond f32
          {DType::kF32, {3e30, 4e30, 5}, {0.6, 0.8, 0}},
          {DType::kBF16, {0x1p70, 0}, {1, 0}},
          {DType::kF16, {60000, 0}, {1, 0}},
          {DType::kF64, {3e200, 4e200}, {0.6, 0.8}}};
}

Tensor of(const std::vector<double>& values, DType dtype) {
  return Tensor::of<double>(values, {static_cast<std::int64_t>(values.size())}).to(dtype);
}

void expect_moved(const Variable& p, const Case& c) {
  const std::vector<double> now = p.value().to_vector<double>();
  for (std::size_t i = 0; i < now.size(); ++i) EXPECT_NEAR(now[i], -c.step[i], 1e-6) << name_of(c.dtype) << i;
}

TEST_P(LargeGradientsOn, ClippedUpdatesMove) {
  for (const Case& c : cases()) {
    for (const bool fuse : {true, false}) {
      const Parameter p(zeros_like(of(c.gradient, c.dtype)));
      Optimizer optimizer({{"p", p}}, SGD{.lr = 1}, {.clip_norm = 1});
      CompileOptions options;
      options.fuse = fuse;
      auto step = compile([&](Tensor g) { optimizer.minimize((p.value() * g).sum()); }, options);
      step(of(c.gradient, c.dtype));
      expect_moved(p, c);
      EXPECT_EQ(optimizer.updates(), 1);
    }
  }
}

TEST_P(LargeGradientsOn, GivenAndAccumulatedGradientsMove) {
  for (const Case& c : cases()) {
    const Parameter p(zeros_like(of(c.gradient, c.dtype))), q(zeros_like(of(c.gradient, c.dtype)));
    Optimizer given({{"p", p}}, SGD{.lr = 1}, {.clip_norm = 1}), summed({{"q", q}}, SGD{.lr = 1}, {.clip_norm = 1});
    given.apply({{{"p", p}}, {of(c.gradient, c.dtype)}});
    expect_moved(p, c);
    summed.accumulate({{{"q", q}}, {of(c.gradient, c.dtype)}});
    summed.update();
    expect_moved(q, c);
  }
}

// Beside another parameter whose gradient is small and stays as it is.
TEST_P(LargeGradientsOn, AreClippedByParameter) {
  for (const Case& c : cases()) {
    const Parameter p(zeros_like(of(c.gradient, c.dtype))), q(zeros({1}, c.dtype));
    Optimizer optimizer({{"p", p}, {"q", q}}, SGD{.lr = 1}, {.clip_norm_per_layer = 1});
    optimizer.apply({{{"p", p}, {"q", q}}, {of(c.gradient, c.dtype), of({0.5}, c.dtype)}});
    expect_moved(p, c);
    EXPECT_EQ(q.value().to_vector<double>()[0], -0.5) << name_of(c.dtype);
  }
}

TEST_P(LargeGradientsOn, ClipGlobalNorm) {
  for (const Case& c : cases()) {
    const Tensor g = of(c.gradient, c.dtype);
    const Gradients clipped = clip_global_norm({{{"p", Variable(g)}}, {g}}, 1.0);
    EXPECT_EQ(clipped.values[0].dtype(), c.dtype);
    const std::vector<double> got = clipped.values[0].to_vector<double>();
    const double rounding = c.dtype == DType::kBF16 ? 4e-3 : c.dtype == DType::kF16 ? 5e-4 : 1e-6;
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], c.step[i], rounding) << name_of(c.dtype) << i;
  }
  // A factor of 2.6e-9 is 0 in f16, and the product is not.
  const Tensor many = full({4096}, 60000, DType::kF16);
  const Gradients clipped = clip_global_norm({{{"p", Variable(many)}}, {many}}, 0.01);
  EXPECT_NEAR(clipped.values[0].to_vector()[0], 0.01 / 64, 1e-6);
}

TEST_P(LargeGradientsOn, GlobalNorm) {
  const auto norm = [](const std::vector<Tensor>& values) { return global_norm({{}, values}); };
  EXPECT_FLOAT_EQ(norm({of({3e20, 4e20}, DType::kF32)}).item(), 5e20f);
  EXPECT_FLOAT_EQ(norm({of({3e-30, 4e-30}, DType::kF32)}).item(), 5e-30f);
  EXPECT_EQ(norm({of({0x3p70}, DType::kF32), of({0x4p70}, DType::kBF16), Tensor()}).item(), 0x5p70f);
  EXPECT_DOUBLE_EQ(norm({of({3e200}, DType::kF64), of({4e200}, DType::kF64)}).item<double>(), 5e200);
  EXPECT_DOUBLE_EQ(norm({of({3e-200, 4e-200}, DType::kF64)}).item<double>(), 5e-200);
  EXPECT_DOUBLE_EQ(norm({of({3}, DType::kF64), of({4}, DType::kF32)}).item<double>(), 5);
  EXPECT_EQ(norm({zeros({3}), zeros({0})}).item(), 0);
  EXPECT_EQ(norm({}).item(), 0);
  EXPECT_TRUE(std::isnan(norm({of({1, NAN}, DType::kF32)}).item()));
  EXPECT_TRUE(std::isnan(norm({of({1, NAN}, DType::kF64)}).item<double>()));
  EXPECT_TRUE(std::isinf(norm({of({1, INFINITY}, DType::kF32)}).item()));
  EXPECT_TRUE(std::isinf(norm({of({1, INFINITY}, DType::kF64)}).item<double>()));
}

TEST_P(LargeGradientsOn, GlobalNormHasDerivatives) {
  const GradientReport report = check_gradients(
      [](const Tensor& x) {
        return global_norm({{}, {x}}).to(x.dtype());
      },
      {{{5}, DType::kF64}});
  EXPECT_TRUE(report.ok) << report.text;
}

}  // namespace
}  // namespace weft::testing
