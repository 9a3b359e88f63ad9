// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/pointwise_functions.h"

#include <cmath>

// Oracles in the words of the textbook, mostly in long double, where the library's formulas avoid overflow and
// cancellation. Exact functions are computed in double: rounding that to f32 is the rounding of the exact result.
namespace weft::testing {
namespace {

using R = long double;

constexpr R kPi = 3.14159265358979323846L;
double share(R x) { return static_cast<double>(x); }
R normal_cdf(R x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; }
bool nan(double a, double b) { return std::isnan(a) || std::isnan(b); }
// By the IEEE remainder, whose sign is that of neither operand.
double remainder_of(double a, double b) {
  const double rest = std::remainder(a, b);
  return rest != 0 && std::signbit(rest) != std::signbit(b) ? rest + b : rest;
}
double floor_of(double a, double b) {
  if (nan(a, b) || (std::isinf(a) && b != 0)) return std::nan("");
  if (std::isinf(b)) return a != 0 && std::signbit(a) != std::signbit(b) ? -1 : 0;
  return share(std::floor(R(a) / R(b)));
}

constexpr const char* kUlps = "a library function of at most 3 ulps in f32";
constexpr const char* kSteps = "a library function of at most 3 ulps in f32 and up to four roundings after it";

}  // namespace

const std::vector<FunctionRow>& function_rows() {
  using F = const double*;
  static const std::vector<FunctionRow> rows = {
      {Fn::kNegative, -5, 5, [](F x) { return 0 - x[0]; }},
      {Fn::kAbs, -5, 5, [](F x) { return std::copysign(x[0], 1.0); }},
      {Fn::kSign, -5, 5, [](F x) { return x[0] > 0   ? 1.0
                                          : x[0] < 0 ? -1.0
                                                     : 0.0; }},
      {Fn::kFloor, -5, 5, [](F x) { return std::floor(x[0]); }},
      {Fn::kCeil, -5, 5, [](F x) { return std::ceil(x[0]); }},
      {Fn::kRound, -5, 5, [](F x) { return std::isinf(x[0]) ? x[0] : x[0] - std::remainder(x[0], 1.0); }},
      {Fn::kSquare, -5, 5, [](F x) { return std::fma(x[0], x[0], 0.0); }},
      {Fn::kSqrt, 0.1, 9, [](F x) { return std::sqrt(x[0]); }},
      {Fn::kRsqrt, 0.1, 9, [](F x) { return share(1 / std::sqrt(R(x[0]))); }, 2e-7, "two roundings"},
      {Fn::kExp, -5, 5, [](F x) { return share(std::exp(R(x[0]))); }, 4e-7, kUlps},
      {Fn::kExpm1, -3, 3, [](F x) { return share(std::exp(R(x[0])) - 1); }, 4e-7, kUlps},
      {Fn::kLog, 0.1, 9, [](F x) { return share(std::log(R(x[0]))); }, 4e-7, kUlps},
      {Fn::kLog1p, -0.9, 9, [](F x) { return share(std::log(1 + R(x[0]))); }, 4e-7, kUlps},
      {Fn::kSin, -6, 6, [](F x) { return share(std::sin(R(x[0]))); }, 4e-7, kUlps},
      {Fn::kCos, -6, 6, [](F x) { return share(std::cos(R(x[0]))); }, 4e-7, kUlps},
      {Fn::kTanh, -4, 4, [](F x) { return share(1 - 2 / (std::exp(2 * R(x[0])) + 1)); }, 4e-7, kUlps},
      {Fn::kErf, -3, 3, [](F x) { return share(1 - std::erfc(R(x[0]))); }, 4e-7, kUlps},
      {Fn::kNormalCdf, -5, 5, [](F x) { return share(normal_cdf(R(x[0]))); }, 6e-7, kSteps},
      {Fn::kNormalPdf, -5, 5, [](F x) { return share(std::exp(-R(x[0]) * R(x[0]) / 2) / std::sqrt(2 * kPi)); }, 6e-7,
       kSteps},
      {Fn::kSigmoid, -8, 8, [](F x) { return share(1 / (1 + std::exp(-R(x[0])))); }, 6e-7, kSteps},
      {Fn::kSoftplus, -8, 8, [](F x) { return share(x[0] > 40 ? R(x[0]) : std::log(1 + std::exp(R(x[0])))); }, 6e-7,
       kSteps},
      {Fn::kRelu, -5, 5, [](F x) { return x[0] < 0 ? 0.0 : x[0]; }},
      {Fn::kGelu, -5, 5, [](F x) { return share(std::isinf(x[0]) && x[0] < 0 ? 0 : R(x[0]) * normal_cdf(R(x[0]))); },
       1e-6, kSteps},
      {Fn::kGeluTanh, -5, 5,
       [](F x) {
         const R v = x[0], u = std::sqrt(2 / kPi) * (v + 0.044715L * v * v * v);
         return share(v / (1 + std::exp(-2 * u)));
       },
       1e-6, kSteps},
      {Fn::kSilu, -8, 8, [](F x) { return share(R(x[0]) / (1 + std::exp(-R(x[0])))); }, 1e-6, kSteps},
      {Fn::kLogicalNot, 0, 2, [](F x) { return x[0] == 0 ? 1.0 : 0.0; }},
      {Fn::kAdd, -5, 5, [](F x) { return x[0] + x[1]; }},
      {Fn::kSubtract, -5, 5, [](F x) { return x[0] - x[1]; }},
      {Fn::kMultiply, -5, 5, [](F x) { return x[0] * x[1]; }},
      {Fn::kDivide, 0.5, 5, [](F x) { return x[0] / x[1]; }},
      {Fn::kPow, 0.5, 3, [](F x) { return share(std::pow(R(x[0]), R(x[1]))); }, 1e-6, "CUDA's powf has up to 4 ulps"},
      {Fn::kRemainder, 0.5, 5, [](F x) { return remainder_of(x[0], x[1]); }},
      {Fn::kFloorDivide, 0.5, 5, [](F x) { return floor_of(x[0], x[1]); }, 1.2e-7, "quotients above 2^24 are rounded"},
      {Fn::kMinimum, -5, 5, [](F x) { return nan(x[0], x[1]) ? std::nan("") : std::fmin(x[0], x[1]); }},
      {Fn::kMaximum, -5, 5, [](F x) { return nan(x[0], x[1]) ? std::nan("") : std::fmax(x[0], x[1]); }},
      {Fn::kEqual, -5, 5, [](F x) { return double(!nan(x[0], x[1]) && !(x[0] < x[1]) && !(x[0] > x[1])); }},
      {Fn::kNotEqual, -5, 5, [](F x) { return double(nan(x[0], x[1]) || x[0] < x[1] || x[0] > x[1]); }},
      {Fn::kLess, -5, 5, [](F x) { return double(std::isless(x[0], x[1])); }},
      {Fn::kLessEqual, -5, 5, [](F x) { return double(std::islessequal(x[0], x[1])); }},
      {Fn::kGreater, -5, 5, [](F x) { return double(std::isgreater(x[0], x[1])); }},
      {Fn::kGreaterEqual, -5, 5, [](F x) { return double(std::isgreaterequal(x[0], x[1])); }},
      {Fn::kLogicalAnd, 0, 2, [](F x) { return x[0] * x[1]; }},
      {Fn::kLogicalOr, 0, 2, [](F x) { return x[0] + x[1] - x[0] * x[1]; }},
      {Fn::kLogicalXor, 0, 2, [](F x) { return std::fmod(x[0] + x[1], 2.0); }},
      {Fn::kWhere, -5, 5, [](F x) { return x[0] == 1 ? x[1] : x[2]; }},
      {Fn::kFma, -5, 5, [](F x) { return std::fma(x[0], x[1], x[2]); }, 6e-8, "the oracle rounds twice"},
      {Fn::kClamp, -5, 5,
       [](F x) {
         if (std::isnan(x[0]) || nan(x[1], x[2])) return std::nan("");
         return x[0] > x[2] ? x[2] : x[0] < x[1] ? (x[1] > x[2] ? x[2] : x[1]) : x[0];
       }},
  };
  return rows;
}

}  // namespace weft::testing
