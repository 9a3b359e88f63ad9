// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/support/kernel_cases.h"
#include "tests/kernels/support/philox_oracle.h"

namespace weft::testing {
namespace {

Oracle dropout(double rate, std::int64_t ordinal, std::uint64_t seed, std::uint64_t call) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = in[0];
    for (std::size_t e = 0; e < y.values.size(); ++e) {
      const auto words = draw_words(seed, call, ordinal, e / 4);
      const double draw = std::floor(words[e % 4] / 256.0) / 16777216.0;
      y.values[e] *= draw >= rate ? 1 / (1 - rate) : 0;
    }
    return {y};
  };
}

OpCase row(std::string name, HostTensor x, double rate, std::int64_t ordinal = 3, std::int64_t seed = 7,
           std::int64_t call = 2) {
  OpCase c;
  c.name = std::move(name);
  c.op = "dropout";
  c.attributes = {{"rate", rate}, {"ordinal", ordinal}};
  c.gradient = x.spec.shape.numel() <= 60;
  c.inputs = {std::move(x), tensor_of({2}, DType::kI64, {static_cast<double>(seed), static_cast<double>(call)})};
  c.oracle = dropout(rate, ordinal, static_cast<std::uint64_t>(seed), static_cast<std::uint64_t>(call));
  c.tolerance = 2e-7;
  c.reason = "the scale and the product are rounded once each";
  return c;
}

}  // namespace

std::vector<OpCase> dropout_cases() {
  const auto x = [](Shape shape) { return random_tensor(shape, DType::kF32, -2, 2, 61); };
  std::vector<OpCase> rows;
  rows.push_back(row("a matrix", x({5, 7}), 0.5));
  rows.push_back(row("rate zero", x({11}), 0));
  rows.push_back(row("nearly all dropped", x({257}), 0.99));
  rows.push_back(row("long", x({20011}), 0.2));
  rows.push_back(
      row("wide seed and call", x({64}), 0.3, 11, (std::int64_t{1} << 40) + 12345, (std::int64_t{1} << 33) + 5));
  rows.push_back(row("one element", x({1}), 0.5));
  rows.push_back(row("empty", x({0, 3}), 0.5));
  OpCase c = row("nan and infinity",
                 tensor_of({6}, DType::kF32,
                           {1, std::nan(""), 2, std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(), 3}),
                 0.5);
  c.gradient = false;
  rows.push_back(c);
  return rows;
}

}  // namespace weft::testing
