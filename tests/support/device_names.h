// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "weft/device.h"

namespace weft {

// Names of parameterised tests: "cpu", "cuda0".
inline std::string device_test_name(const testing::TestParamInfo<Device>& test) {
  return test.param.is_cpu() ? "cpu" : "cuda" + std::to_string(test.param.index());
}

}  // namespace weft
