// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/pointwise_functions.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weft::testing {
namespace {

TEST(PointwiseRows, EveryFunctionHasOne) {
  for (int i = 0; i < kFnCount; ++i) {
    const auto& rows = function_rows();
    EXPECT_EQ(
        std::count_if(rows.begin(), rows.end(), [i](const FunctionRow& r) { return static_cast<int>(r.fn) == i; }), 1)
        << "test rows for " << name_of(static_cast<Fn>(i));
  }
}

}  // namespace
}  // namespace weft::testing
