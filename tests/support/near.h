// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "weft/tensor.h"

namespace weft::testing {

// |got - wanted| <= tolerance for each element.
inline void expect_near(const Tensor& got, const std::vector<double>& wanted, double tolerance) {
  const std::vector<double> values = got.to_vector<double>();
  ASSERT_EQ(values.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], tolerance) << i;
}

}  // namespace weft::testing
