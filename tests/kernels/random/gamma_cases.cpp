// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "tests/kernels/support/kernel_cases.h"
#include "tests/kernels/support/philox_oracle.h"

namespace weft::testing {
namespace {

using Words = std::array<std::uint32_t, 4>;

double unit24(std::uint32_t word) { return std::floor(word / 256.0) / 16777216.0; }
double unit53(std::uint32_t low, std::uint32_t high) {
  return std::floor((high * 4294967296.0 + low) / 2048.0) / 9007199254740992.0;
}
double normal(double first, double second) {
  return std::sqrt(-2 * std::log(first)) * std::cos(2 * std::numbers::pi * second);
}

// Marsaglia and Tsang's draws without the squeeze, which only saves a logarithm.
double log_gamma(DType dtype, double k, std::int64_t ordinal, std::uint64_t element) {
  const auto words = [&](std::uint64_t number) { return draw_words(7, 2, ordinal, element + (number << 40)); };
  const double d = (k < 1 ? k + 1 : k) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (std::uint64_t number = 0;; ++number) {
    double x, height, power;
    if (dtype == DType::kF32) {
      const Words w = words(number);
      x = normal(unit24(w[0]) + std::ldexp(1, -24), unit24(w[1]));
      height = unit24(w[2]) + std::ldexp(1, -24);
      power = unit24(w[3]) + std::ldexp(1, -24);
    } else {
      const Words w = words(2 * number), v = words(2 * number + 1);
      x = normal(unit53(w[0], w[1]) + std::ldexp(1, -53), unit53(w[2], w[3]));
      height = unit53(v[0], v[1]) + std::ldexp(1, -53);
      power = unit53(v[2], v[3]) + std::ldexp(1, -53);
    }
    if (1 + c * x <= 0) continue;
    const double v = std::pow(1 + c * x, 3);
    if (std::log(height) < x * x / 2 + d - d * v + d * std::log(v))
      return std::log(d) + std::log(v) + (k < 1 ? std::log(power) / k : 0);
  }
}

OpCase row(const std::string& name, const Shape& shape, DType dtype, double k, std::int64_t ordinal = 3) {
  OpCase c;
  c.name = name;
  c.op = "log_gamma_draw";
  c.attributes = {{"shape", shape.dims()}, {"dtype", dtype}, {"k", k}, {"ordinal", ordinal}};
  c.gradient = false;
  c.inputs = {tensor_of({2}, DType::kI64, {7, 2})};
  c.oracle = [=](const std::vector<HostTensor>&) -> std::vector<HostTensor> {
    HostTensor y{{shape, dtype}, {}};
    for (std::int64_t e = 0; e < shape.numel(); ++e)
      y.values.push_back(log_gamma(dtype, k, ordinal, static_cast<std::uint64_t>(e)));
    return {y};
  };
  c.tolerance = dtype == DType::kF32 ? 4e-6 : 1.2e-5;  // 4.5e-14 in f64
  c.reason = "the angle is rounded and multiplied by a radius, and a small root makes its error larger";
  return c;
}

}  // namespace

std::vector<OpCase> gamma_cases() {
  std::vector<OpCase> rows;
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const std::string type(name_of(dtype));
    rows.push_back(row("one_" + type, {1}, dtype, 1));
    rows.push_back(row("small_" + type, {5, 7}, dtype, 0.01));
    rows.push_back(row("half_" + type, {301}, dtype, 0.5, 4));
    rows.push_back(row("two_" + type, {20011}, dtype, 2));
    rows.push_back(row("large_" + type, {64}, dtype, 1e6));
    rows.push_back(row("empty_" + type, {0, 3}, dtype, 2));
  }
  return rows;
}

}  // namespace weft::testing
