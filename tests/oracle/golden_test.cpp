// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"

namespace weft::testing {
namespace {

class OracleOn : public EveryDevice {};

TEST_P(OracleOn, Elementwise) { check_rows(open_golden("ops"), elementwise_rows()); }
TEST_P(OracleOn, Promotion) { check_rows(open_golden("ops"), promotion_rows()); }
TEST_P(OracleOn, Movement) { check_rows(open_golden("ops"), movement_rows()); }
TEST_P(OracleOn, Arrays) { check_rows(open_golden("ops"), array_rows()); }
TEST_P(OracleOn, Reductions) { check_rows(open_golden("ops"), reduction_rows()); }
TEST_P(OracleOn, Structured) { check_rows(open_golden("ops"), structured_rows()); }
TEST_P(OracleOn, Convolutions) { check_rows(open_golden("convolutions"), conv_rows()); }
TEST_P(OracleOn, Losses) { check_rows(open_golden("losses"), loss_rows()); }
TEST_P(OracleOn, Layers) { check_rows(open_golden("losses"), layer_rows()); }
TEST_P(OracleOn, Images) { check_rows(open_golden("images"), image_rows()); }

WEFT_ON_EVERY_DEVICE(OracleOn);

std::set<std::string> cases_in(const std::string& stem) {
  std::set<std::string> cases;
  for (const std::string& name : open_golden(stem).names()) cases.insert(name.substr(0, name.find(':')));
  return cases;
}

std::set<std::string> cases_of(std::initializer_list<std::vector<GoldenRow>> families) {
  std::set<std::string> cases;
  for (const std::vector<GoldenRow>& rows : families)
    for (const GoldenRow& row : rows) EXPECT_TRUE(cases.insert(row.name).second) << row.name << " is there twice";
  return cases;
}

TEST(Oracle, EveryGoldenCaseIsChecked) {
  EXPECT_THAT(cases_of({elementwise_rows(), promotion_rows(), movement_rows(), array_rows(), reduction_rows(),
                        structured_rows()}),
              ::testing::ContainerEq(cases_in("ops")));
  EXPECT_THAT(cases_of({conv_rows()}), ::testing::ContainerEq(cases_in("convolutions")));
  EXPECT_THAT(cases_of({loss_rows(), layer_rows()}), ::testing::ContainerEq(cases_in("losses")));
  EXPECT_THAT(cases_of({image_rows()}), ::testing::ContainerEq(cases_in("images")));
}

}  // namespace
}  // namespace weft::testing
