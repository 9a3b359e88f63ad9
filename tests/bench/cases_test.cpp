// SPDX-License-Identifier: Apache-2.0
// Every benchmark case, at its tiny size, on every device: its first steps give finite values, the same ones again, and
// the CPU's ones on CUDA. The driver checks the real sizes against double precision before it times them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <ostream>
#include <set>
#include <string>

#include "bench/case.h"
#include "tests/optim/rules/every_recipe.h"

namespace weft::testing {
using namespace bench;
namespace {

Named probed(const Row& row, Device device) {
  const DeviceScope scope(device);
  seed(1);
  const Case made = row.make({device, true});
  Named values = made.probe();
  made.step();  // the timed function must run, too
  synchronize(device);
  return values;
}

// |a - b| / |b| over all elements.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference) / (size > 0 ? std::sqrt(size) : 1);
}

// Sums in another order, and Adam's first steps, which double the difference where a gradient is nearly zero. A product
// in bf16 or TF32 rounds its operands to 8 or 11 bits.
double tolerance(const std::string& about, DType dtype) {
  const bool rounded = about.find("precision=bf16") != std::string::npos || about.find("tf32") != std::string::npos;
  return rounded || dtype == DType::kBF16 ? 2e-2 : 1e-4;
}

class BenchCase : public ::testing::TestWithParam<Row> {};

TEST_P(BenchCase, GivesTheSameValuesAgainAndOnEveryDevice) {
  const std::string about = GetParam().make({Device::cpu(), true}).about;
  const Named wanted = probed(GetParam(), Device::cpu());
  for (const Device device : Device::all()) {
    const Named got = probed(GetParam(), device);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::vector<double> here = got[i].second.to_vector<double>();
      const std::vector<double> cpu = wanted[i].second.to_vector<double>();
      for (const double value : here) ASSERT_TRUE(std::isfinite(value)) << got[i].first << " on " << device.name();
      if (device.is_cpu()) {
        EXPECT_THAT(here, ::testing::ElementsAreArray(cpu)) << got[i].first;
      } else {
        EXPECT_LE(distance(here, cpu), tolerance(about, got[i].second.dtype()))
            << got[i].first << " on " << device.name();
      }
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<Row>& info) {
  std::string name = info.param.name;
  for (char& letter : name)
    if (!std::isalnum(static_cast<unsigned char>(letter))) letter = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bench, BenchCase, ::testing::ValuesIn(rows()), test_name);
INSTANTIATE_TEST_SUITE_P(Recipes, BenchCase, ::testing::ValuesIn(recipe_rows()), test_name);

TEST(BenchCases, HasTheUpdateOfEveryRecipe) {
  std::set<std::string> names;
  for (const Row& row : recipe_rows()) names.insert(row.name);
  for (const Recipe& recipe : every_recipe()) EXPECT_TRUE(names.contains("update-" + recipe.name())) << recipe.name();
}

TEST(BenchCases, RefusesAnUnknownPrecision) { EXPECT_THROW(precision_of("f8"), ValueError); }

}  // namespace

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

}  // namespace weft::testing
