// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/pointwise_functions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <string_view>
#include <utility>

#include "core/scalar/functions.h"

namespace weft::testing {
namespace {

using Arguments = std::array<float, 3>;
using Value = double (*)(const Arguments& x);

template <Fn fn>
double value_of(const Arguments& x) {
  if constexpr (arity(fn) == 1) return static_cast<double>(Formula<fn>::value(x[0]));
  if constexpr (arity(fn) == 2) return static_cast<double>(Formula<fn>::value(x[0], x[1]));
  if constexpr (arity(fn) == 3) return static_cast<double>(Formula<fn>::value(x[0], x[1], x[2]));
}

template <std::size_t... i>
std::array<Value, sizeof...(i)> make_values(std::index_sequence<i...>) {
  return {value_of<static_cast<Fn>(i)>...};
}

double formula_of(Fn fn, const Arguments& x) {
  static const auto kValues = make_values(std::make_index_sequence<kFnCount>{});
  return kValues[static_cast<std::size_t>(fn)](x);
}

bool takes_truth(Fn fn, std::size_t argument) {
  return std::string_view(name_of(fn)).starts_with("logical_") || (fn == Fn::kWhere && argument == 0);
}

TEST(PointwiseRows, EveryFunctionHasOne) {
  for (int i = 0; i < kFnCount; ++i) {
    const auto& rows = function_rows();
    EXPECT_EQ(
        std::count_if(rows.begin(), rows.end(), [i](const FunctionRow& r) { return static_cast<int>(r.fn) == i; }), 1)
        << "test rows for " << name_of(static_cast<Fn>(i));
  }
}

// The kernel cases say the same of every engine; this is the formula alone.
TEST(PointwiseRows, AreWhatFormulasGive) {
  std::mt19937 random(3);
  for (const FunctionRow& row : function_rows()) {
    std::uniform_real_distribution<float> draw(static_cast<float>(row.lo), static_cast<float>(row.hi));
    for (int trial = 0; trial < 1000; ++trial) {
      Arguments x{};
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = takes_truth(row.fn, i) ? static_cast<float>(random() & 1) : draw(random);
      const double wide[] = {x[0], x[1], x[2]};
      const double want = row.oracle(wide), got = formula_of(row.fn, x);
      const double rounding = 0x1p-24;  // rounding of the oracle's double to f32, for rows without tolerance
      EXPECT_LE(std::abs(got - want), std::max(row.tolerance, rounding) * std::max(1.0, std::abs(want)))
          << name_of(row.fn) << " of " << x[0] << ", " << x[1] << ", " << x[2];
    }
  }
}

TEST(PointwiseRows, DrawFromTheDomain) {
  for (const FunctionRow& row : function_rows()) {
    const math::Domain domain = facts_of(row.fn).domain;
    EXPECT_TRUE(domain.low <= row.lo && row.hi <= domain.high) << name_of(row.fn);
  }
}

}  // namespace
}  // namespace weft::testing
