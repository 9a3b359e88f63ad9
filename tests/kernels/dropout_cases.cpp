// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/kernels/cases.h"

namespace weft::testing {
namespace {

// Philox4x32-10 as the paper's round function is drawn, with 64-bit halves taken apart by division.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  constexpr std::uint64_t kWord = std::uint64_t{1} << 32;
  for (std::uint32_t round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{c[0]} * 0xD2511F53u, p1 = std::uint64_t{c[2]} * 0xCD9E8D57u;
    const std::uint32_t k0 = k[0] + round * 0x9E3779B9u, k1 = k[1] + round * 0xBB67AE85u;
    c = {static_cast<std::uint32_t>(p1 / kWord) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1 % kWord),
         static_cast<std::uint32_t>(p0 / kWord) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0 % kWord)};
  }
  return c;
}

Oracle dropout(double rate, std::int64_t ordinal, std::uint64_t seed, std::uint64_t call) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor y = in[0];
    for (std::size_t e = 0; e < y.values.size(); ++e) {
      const std::uint64_t block = e / 4;
      const auto words = philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32),
                                 static_cast<std::uint32_t>(ordinal), static_cast<std::uint32_t>(call)},
                                {static_cast<std::uint32_t>(seed),
                                 static_cast<std::uint32_t>(seed >> 32) ^ static_cast<std::uint32_t>(call >> 32)});
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
