// SPDX-License-Identifier: Apache-2.0
#include "weft/activation_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class ActivationFunctionsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ActivationFunctionsTest);

constexpr double kInf = std::numeric_limits<double>::infinity();

double sigma(double x) { return 1 / (1 + std::exp(-x)); }
double positive(double x) { return std::fmax(x, 0); }

// A function, the same on the host, and its limit at -infinity.
struct Row {
  std::string name;
  Map f;
  std::function<double(double)> wanted;
  double limit;
};

std::vector<Row> rows() {
  return {
      {"unit_step", [](Tensor x) { return unit_step(x); }, [](double x) { return x < 0   ? 0
                                                                                 : x > 0 ? 1
                                                                                         : 0.5; }, 0},
      {"identity", identity, [](double x) { return x; }, -kInf},
      {"piecewise_linear", piecewise_linear, [](double x) { return std::fmin(positive(x + 0.5), 1); }, 0},
      {"hardtanh", [](Tensor x) { return hardtanh(x); }, [](double x) { return std::fmin(std::fmax(x, -1), 1); }, -1},
      {"hardtanh_wide", [](Tensor x) { return hardtanh(x, -2.5, 0.75); },
       [](double x) { return std::fmin(std::fmax(x, -2.5), 0.75); }, -2.5},
      {"relu6", relu6, [](double x) { return std::fmin(positive(x), 6); }, 0},
      {"hardsigmoid", hardsigmoid, [](double x) { return std::fmin(positive(x + 3), 6) / 6; }, 0},
      {"hardswish", hardswish, [](double x) { return x * std::fmin(positive(x + 3), 6) / 6; }, 0},
      {"leaky_relu", [](Tensor x) { return leaky_relu(x, 0.3); }, [](double x) { return x > 0 ? x : 0.3 * x; }, -kInf},
      {"prelu", [](Tensor x) { return prelu(x, full({1}, 0.25, x.dtype())); },
       [](double x) { return x > 0 ? x : x / 4; }, -kInf},
      {"threshold", [](Tensor x) { return threshold(x, 0.5, -7); }, [](double x) { return x > 0.5 ? x : -7; }, -7},
      {"elu", [](Tensor x) { return elu(x, 1.5); }, [](double x) { return x > 0 ? x : 1.5 * std::expm1(x); }, -1.5},
      {"selu", selu,
       [](double x) { return 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * std::expm1(x)); },
       -1.0507009873554804934 * 1.6732632423543772848},
      {"celu", [](Tensor x) { return celu(x, 2); }, [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); }, -2},
      {"softplus", [](Tensor x) { return softplus(x, 3, 5); },
       [](double x) { return 3 * x > 5 ? x : std::log1p(std::exp(3 * x)) / 3; }, 0},
      {"log_sigmoid", log_sigmoid, [](double x) { return std::log(sigma(x)); }, -kInf},
      {"softsign", softsign, [](double x) { return x / (1 + std::fabs(x)); }, std::nan("")},
      {"tanhshrink", tanhshrink, [](double x) { return x - std::tanh(x); }, -kInf},
      {"swish", [](Tensor x) { return swish(x, 1.5); }, [](double x) { return x * sigma(1.5 * x); }, std::nan("")},
      {"swish_half", [](Tensor x) { return swish(x, 0); }, [](double x) { return x / 2; }, std::nan("")},
      {"e_swish", [](Tensor x) { return e_swish(x, 1.25); }, [](double x) { return 1.25 * x * sigma(x); },
       std::nan("")},
      {"mish", mish, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }, std::nan("")},
  };
}

const std::vector<double> kPoints{-7.5,   -6,   -3.5, -3,   -2.5, -1,    -0.75, -0.5, -0.25, -0.0625, 0,
                                  0.0625, 0.25, 0.5,  0.75, 1,    1.625, 1.75,  3,    3.5,   6,       9};

Tensor points(DType dtype) {
  return Tensor::of<double>(kPoints, {static_cast<std::int64_t>(kPoints.size())}).to(dtype);
}

// Bits behind the point of 1: an f16 has 10.
int digits(DType dtype) {
  return dtype == DType::kF64 ? 48 : dtype == DType::kF32 ? 20 : dtype == DType::kF16 ? 10 : 7;
}

TEST_P(ActivationFunctionsTest, ValuesAreThoseOfTheFormulas) {
  for (const Row& row : rows())
    for (const DType dtype : {DType::kF64, DType::kF32, DType::kBF16, DType::kF16}) {
      const Tensor y = row.f(points(dtype));
      EXPECT_EQ(y.dtype(), dtype) << row.name;
      const std::vector<double> got = y.to_vector<double>();
      for (std::size_t i = 0; i < kPoints.size(); ++i) {
        const double wanted = row.wanted(kPoints[i]);
        // 16 bits: half a unit in the last place, for one rounding. The rest: what libraries differ by.
        const double unit = std::ldexp(std::fmax(std::fabs(wanted), 0.0625), -digits(dtype));
        EXPECT_NEAR(got[i], wanted, size_of(dtype) == 2 ? 0.502 * unit : unit) << row.name << " of " << kPoints[i];
      }
    }
}

TEST_P(ActivationFunctionsTest, AllDerivativesAreRight) {
  for (const Row& row : rows()) {
    if (row.name == "unit_step") continue;  // 0 everywhere, which the numeric derivative is, too
    const GradientReport report = check_gradients(row.f, {{{2, 3}, DType::kF64}});
    EXPECT_TRUE(report.ok) << row.name << ": " << report.text;
  }
}

TEST_P(ActivationFunctionsTest, FusedIsUnfusedForAnyShapeAndDtype) {
  for (const Row& row : rows())
    for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16})
      for (const Shape& shape : {Shape{}, Shape{0}, Shape{3, 0, 2}, Shape{7, 147}}) {
        const Tensor x = (randn(shape) * 3).to(dtype);
        const Tensor eager = row.f(x), fused = compile([&](Tensor z) { return row.f(z); })(x);
        EXPECT_EQ(fused.shape(), shape) << row.name;
        EXPECT_EQ(fused.dtype(), dtype) << row.name;
        EXPECT_EQ(fused.to_vector<double>(), eager.to_vector<double>()) << row.name << " " << name_of(dtype);
      }
}

TEST_P(ActivationFunctionsTest, NaNStaysNaNAndInfinitiesHaveTheirLimits) {
  for (const Row& row : rows())
    for (const DType dtype : {DType::kF64, DType::kF32, DType::kBF16, DType::kF16}) {
      const Tensor x = Tensor::of<double>({std::nan(""), -kInf}, {2}).to(dtype);
      const std::vector<double> y = row.f(x).to_vector<double>();
      EXPECT_TRUE(std::isnan(y[0])) << row.name << " " << name_of(dtype);
      if (std::isnan(row.limit)) continue;  // infinity times zero, in PyTorch too
      if (std::isinf(row.limit))
        EXPECT_EQ(y[1], row.limit) << row.name;
      else
        EXPECT_NEAR(y[1], row.limit, std::ldexp(std::fabs(row.limit), -digits(dtype))) << row.name;
    }
}

TEST_P(ActivationFunctionsTest, IntegersGiveF32) {
  const Tensor x = Tensor::of<std::int64_t>({-7, -1, 0, 2}, {4});
  for (const Row& row : rows()) {
    if (row.name == "identity" || row.name == "prelu") continue;
    const Tensor y = row.f(x);
    ASSERT_EQ(y.dtype(), DType::kF32) << row.name;
    const std::vector<double> got = y.to_vector<double>();
    for (const std::size_t i : {0u, 1u, 2u, 3u}) {
      const double wanted = row.wanted(x.to_vector<double>()[i]);
      EXPECT_NEAR(got[i], wanted, 1e-6 * (1 + std::fabs(wanted))) << row.name;
    }
  }
}

// Slopes at x, for a cotangent of 1.
std::vector<double> slopes(const Map& f, const Tensor& x) {
  return grad([&](const Tensor& z) { return f(z).sum(); })(x).to_vector<double>();
}

TEST_P(ActivationFunctionsTest, StepsHaveNoSlopeOrThatOfTheIdentity) {
  const Tensor x = Tensor::of<double>({-kInf, -2, 0, 3, kInf}, {5});
  const auto straight = StepGradient::kStraightThrough;
  const std::vector<double> flat(5), through{0, 1, 1, 1, 0};
  EXPECT_EQ(slopes([](Tensor z) { return unit_step(z); }, x), flat);
  EXPECT_EQ(slopes([](Tensor z) { return sign(z, StepGradient::kZero); }, x), flat);
  EXPECT_EQ(slopes([&](Tensor z) { return unit_step(z, straight); }, x), through);
  EXPECT_EQ(slopes([&](Tensor z) { return sign(z, straight); }, x), through);
  EXPECT_EQ(unit_step(x, straight).to_vector<double>(), (std::vector<double>{0, 0, 0.5, 1, 1}));
  EXPECT_EQ(sign(x, straight).to_vector<double>(), (std::vector<double>{-1, -1, 0, 1, 1}));
  // Large x leaves no rounding error in the value.
  const Tensor large = Tensor::of<float>({3e7f, -1e30f}, {2});
  EXPECT_EQ(sign(large, straight).to_vector(), (std::vector<float>{1, -1}));
  EXPECT_THROW(straight_through(ones({2}), ones({3})), ShapeError);
  EXPECT_THROW(straight_through(ones({2}), ones({2}, DType::kF64)), ShapeError);
}

TEST_P(ActivationFunctionsTest, SlopesAtKinksAreThoseOfPyTorch) {
  const Tensor kinks = Tensor::of<double>({-3, -1, -0.5, 0, 0.5, 1, 3, 6}, {8});
  using Doubles = std::vector<double>;
  EXPECT_EQ(slopes(relu6, kinks), (Doubles{0, 0, 0, 0, 1, 1, 1, 0}));
  EXPECT_EQ(slopes([](Tensor z) { return hardtanh(z); }, kinks), (Doubles{0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(slopes([](Tensor z) { return threshold(z, 0.5, 2); }, kinks), (Doubles{0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(slopes(piecewise_linear, kinks), (Doubles{0, 0, 0, 1, 0, 0, 0, 0}));
  const Doubles sigmoid = slopes(hardsigmoid, kinks), swish = slopes(hardswish, kinks);
  EXPECT_EQ(sigmoid[0], 0);
  EXPECT_EQ(sigmoid[6], 0);
  EXPECT_EQ(swish[0], 0);
  EXPECT_EQ(swish[6], 1);
}

TEST_P(ActivationFunctionsTest, PReLUHasAWeightForAllOrForEachFeature) {
  const Tensor x = Tensor::of<double>({-1, 2, -3, -4, 5, -6}, {2, 3});
  const Tensor weight = Tensor::of<double>({0.5, 0.25, 2}, {3});
  EXPECT_EQ(prelu(x, weight).to_vector<double>(), (std::vector<double>{-0.5, 2, -6, -2, 5, -12}));
  const Tensor slope = grad([&](const Tensor& w) { return prelu(x, w).sum(); })(weight);
  EXPECT_EQ(slope.to_vector<double>(), (std::vector<double>{-5, 0, -9}));
  EXPECT_EQ(grad([&](const Tensor& w) { return prelu(x, w).sum(); })(ones({1}, DType::kF64)).to_vector<double>(),
            (std::vector<double>{-14}));
  EXPECT_EQ(prelu(ones({0, 3}, DType::kF64), weight).shape(), (Shape{0, 3}));
  EXPECT_THROW(prelu(x, ones({2})), ShapeError);
  EXPECT_THROW(prelu(Tensor::scalar(1.0f), ones({2})), ShapeError);
}

TEST_P(ActivationFunctionsTest, GatesHalveAnAxis) {
  const Tensor x = Tensor::of<double>({1, 2, -1, 0.5, 3, -4, 2, 0}, {2, 4});
  struct Gate {
    const char* name;
    std::function<Tensor(const Tensor&, int)> f;
    std::function<double(double)> of;
  };
  const Gate gates[] = {{"glu", glu, sigma},
                        {"swiglu", swiglu, [](double b) { return b * sigma(b); }},
                        {"geglu", geglu, [](double b) { return b / 2 * (1 + std::erf(b / std::sqrt(2.0))); }}};
  for (const Gate& gate : gates) {
    const std::vector<double> last = gate.f(x, -1).to_vector<double>(), first = gate.f(x, 0).to_vector<double>();
    const std::vector<double> in = x.to_vector<double>();
    for (const std::size_t i : {0u, 1u}) {
      EXPECT_NEAR(last[i], in[i] * gate.of(in[i + 2]), 1e-12) << gate.name;
      EXPECT_NEAR(last[i + 2], in[i + 4] * gate.of(in[i + 6]), 1e-12) << gate.name;
    }
    for (const std::size_t i : {0u, 1u, 2u, 3u}) EXPECT_NEAR(first[i], in[i] * gate.of(in[i + 4]), 1e-12) << gate.name;
    EXPECT_TRUE(check_gradients([&](const Tensor& z) { return gate.f(z, 1); }, {{{2, 6, 3}, DType::kF64}}).ok);
    EXPECT_EQ(gate.f(ones({0, 4}), -1).shape(), (Shape{0, 2}));
    EXPECT_THROW(gate.f(ones({4, 3}), -1), ShapeError);
    EXPECT_THROW(gate.f(ones({4, 3}), 2), ShapeError);
  }
}

TEST_P(ActivationFunctionsTest, MaxoutTakesTheLargestPiece) {
  const Tensor x = Tensor::of<double>({1, 5, 2, -1, -3, -2, 7, 0, 0, 4, 4, 1}, {2, 6});
  EXPECT_EQ(maxout(x, 3).to_vector<double>(), (std::vector<double>{5, -1, 7, 4}));
  EXPECT_EQ(maxout(x, 2, 0).to_vector<double>(), (std::vector<double>{7, 5, 2, 4, 4, 1}));
  EXPECT_EQ(maxout(x, 1).to_vector<double>(), x.to_vector<double>());
  EXPECT_THROW(maxout(x, 4), ShapeError);
  EXPECT_THROW(maxout(x, 0), ShapeError);
}

TEST_P(ActivationFunctionsTest, SoftminIsSoftmaxOfTheNegative) {
  const Tensor x = randn({3, 5});
  EXPECT_EQ(softmin(x, 0).to_vector(), softmax(-x, 0).to_vector());
}

TEST_P(ActivationFunctionsTest, SettingsAreChecked) {
  const Tensor x = ones({2});
  EXPECT_THROW(hardtanh(x, 1, 1), ValueError);
  EXPECT_THROW(hardtanh(x, std::nan(""), 1), ValueError);
  EXPECT_THROW(celu(x, 0), ValueError);
  EXPECT_THROW(softplus(x, 0, 20), ValueError);
}

}  // namespace
}  // namespace weft::testing
