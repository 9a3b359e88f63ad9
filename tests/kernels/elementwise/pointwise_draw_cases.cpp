// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "tests/kernels/elementwise/pointwise_cases.h"
#include "tests/kernels/support/philox_oracle.h"

namespace weft::testing {
namespace {

struct Generator {
  std::int64_t seed, call, ordinal;
  std::uint32_t word(std::uint64_t block, std::size_t number) const {
    return draw_words(static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(call), ordinal, block)[number];
  }
};

// The largest number of `digits` binary digits that is not above x, on top of which f16's spacing below 2^-14.
double cut(double x, int digits, double least) {
  if (x == 0) return 0;
  int exponent = 0;
  std::frexp(x, &exponent);
  const double spacing = std::fmax(std::ldexp(1.0, exponent - digits), least);
  return std::floor(x / spacing) * spacing;
}

// Whole units of a word.
double units(std::uint64_t word, std::uint64_t unit) {
  const std::uint64_t whole = word / unit;
  return static_cast<double>(whole);
}

double uniform(const Generator& g, std::uint64_t e, DType dtype) {
  if (dtype == DType::kF64) {
    const std::uint64_t low = g.word(e / 2, 2 * (e % 2)), high = g.word(e / 2, 2 * (e % 2) + 1);
    return std::ldexp(units(high * 0x100000000u + low, 2048), -53);
  }
  const double draw = std::ldexp(units(g.word(e / 4, e % 4), 256), -24);
  if (dtype == DType::kBF16) return cut(draw, 8, 0);
  if (dtype == DType::kF16) return cut(draw, 11, 0x1p-24);
  return draw;
}

double normal(const Generator& g, std::uint64_t e, DType dtype) {
  constexpr double kTurn = 6.283185307179586;
  double u1, u2;
  if (dtype == DType::kF64) {
    const auto pair = [&](std::size_t i) {
      return units(g.word(e, i + 1) * std::uint64_t{0x100000000u} + g.word(e, i), 2048);
    };
    u1 = std::ldexp(pair(0) + 1, -53);
    u2 = std::ldexp(pair(2), -53);
  } else {
    u1 = std::ldexp(units(g.word(e / 2, 2 * (e % 2)), 256) + 1, -24);
    u2 = std::ldexp(units(g.word(e / 2, 2 * (e % 2) + 1), 256), -24);
  }
  return std::sqrt(-2 * std::log(u1)) * std::cos(kTurn * u2);
}

OpCase draw_case(const char* op, DType dtype, const Shape& shape, Generator g) {
  OpCase c;
  c.name = std::string(name_of(dtype)) + " " + shape.text() + " ordinal " + std::to_string(g.ordinal);
  c.op = op;
  c.attributes = {{"ordinal", g.ordinal}, {"shape", shape.dims()}, {"dtype", dtype}};
  c.inputs = {tensor_of({2}, DType::kI64, {static_cast<double>(g.seed), static_cast<double>(g.call)})};
  const auto draw = c.op == "uniform" ? uniform : normal;
  c.oracle = [=](const std::vector<HostTensor>&) -> std::vector<HostTensor> {
    HostTensor out{{shape, dtype}, {}};
    for (std::int64_t e = 0; e < shape.numel(); ++e)
      out.values.push_back(draw(g, static_cast<std::uint64_t>(e), dtype));
    return {out};
  };
  if (c.op == "normal") {
    c.tolerance = 4e-6;
    c.reason = "the angle is rounded in f32 and multiplied by a radius of up to 5.8";
  }
  return c;
}

}  // namespace

std::vector<OpCase> draw_cases() {
  std::vector<OpCase> rows;
  for (const char* op : {"uniform", "normal"}) {
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}) {
      rows.push_back(draw_case(op, dtype, {5, 7}, {12345678901234, 8589934597, 3}));
      rows.push_back(draw_case(op, dtype, {2053}, {1, 0, 0}));
    }
    rows.push_back(draw_case(op, DType::kF32, {}, {5, 6, 7}));
    rows.push_back(draw_case(op, DType::kF32, {0}, {5, 6, 7}));
    rows.push_back(draw_case(op, DType::kF32, {20011}, {5, 6, 70000}));
  }
  return rows;
}

}  // namespace weft::testing
