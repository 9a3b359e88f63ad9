// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cctype>

#include "weft/device.h"

// Runs each TEST_P of the fixture once on every device that works here, with that device as the default.
namespace weft::testing {

class EveryDevice : public ::testing::TestWithParam<Device> {
 protected:
  Device device() const { return GetParam(); }

 private:
  DeviceScope scope_{GetParam()};
};

inline std::string device_test_name(const ::testing::TestParamInfo<Device>& info) {
  std::string name = info.param.name();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

}  // namespace weft::testing

#define WEFT_ON_EVERY_DEVICE(Fixture) \
  INSTANTIATE_TEST_SUITE_P(On, Fixture, ::testing::ValuesIn(::weft::Device::all()), ::weft::testing::device_test_name)
