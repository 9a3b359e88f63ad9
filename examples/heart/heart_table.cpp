// SPDX-License-Identifier: Apache-2.0
// Prints examples/heart/heart.csv: 300 patients who never lived. The columns are those of a well-known table of heart
// disease; numbers, texts and gaps are drawn with seed 7, and the disease from the formula `risk` below.
//   heart_table > examples/heart/heart.csv
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "weft/weft.h"

namespace {

constexpr std::size_t kRows = 300;

// Random numbers of one kind, one after the other.
struct Draws {
  std::vector<double> values;
  std::size_t next = 0;
  double operator()() { return values.at(next++); }
};

// The text whose share of [0, 1) holds u.
template <std::size_t n>
std::size_t choose(const std::array<double, n>& chances, double u) {
  std::size_t i = 0;
  for (double sum = chances[0]; u >= sum && i + 1 < n; sum += chances[i]) ++i;
  return i;
}

long round_within(double value, double low, double high) { return std::lround(std::clamp(value, low, high)); }

}  // namespace

int main() {
  const weft::DeviceScope device(weft::Device::parse("cpu"));
  weft::seed(7);
  Draws normal{weft::randn({kRows, 6}, weft::DType::kF64).to_vector<double>()};
  Draws uniform{weft::uniform({kRows, 11}, 0, 1, weft::DType::kF64).to_vector<double>()};
  constexpr std::array kPains{"typical", "nontypical", "nonanginal", "asymptomatic"};
  constexpr std::array kThals{"normal", "fixed", "reversable"};

  std::puts("Age,Sex,ChestPain,RestBP,Chol,Fbs,RestECG,MaxHR,ExAng,Oldpeak,Slope,Ca,Thal,AHD");
  for (std::size_t row = 0; row < kRows; ++row) {
    const long age = round_within(54 + 9 * normal(), 29, 77);
    const int sex = uniform() < 0.68;
    const std::size_t pain = choose<4>({0.08, 0.17, 0.28, 0.47}, uniform());
    const long pressure = round_within(131 + 0.5 * static_cast<double>(age - 54) + 16 * normal(), 94, 200);
    const long cholesterol = round_within(246 + 50 * normal(), 126, 564);
    const int sugar = uniform() < 0.15;
    const std::size_t ecg = choose<3>({0.5, 0.02, 0.48}, uniform());
    const long rate = round_within(150 - static_cast<double>(age - 54) + 20 * normal(), 71, 202);
    const int angina = uniform() < 0.33;
    const double depression = std::round(10 * std::max(0.0, 0.6 + 1.2 * normal())) / 10;
    const std::size_t slope = 1 + choose<3>({0.47, 0.46, 0.07}, uniform());
    const std::size_t vessels = choose<4>({0.58, 0.22, 0.13, 0.07}, uniform());
    const std::size_t thal = choose<3>({0.55, 0.06, 0.39}, uniform());
    const double risk = -3.2 + 0.03 * static_cast<double>(age - 54) + 1.0 * sex + 1.8 * (pain == 3) +
                        0.015 * static_cast<double>(pressure - 131) + 0.003 * static_cast<double>(cholesterol - 246) -
                        0.025 * static_cast<double>(rate - 150) + 0.8 * angina + 0.5 * depression +
                        1.2 * static_cast<double>(vessels) + 1.4 * (thal == 2) + 0.5 * normal();
    const bool ill = uniform() < 1 / (1 + std::exp(-risk));
    const bool lacks_vessels = uniform() < 0.03, lacks_thal = uniform() < 0.02;
    std::printf("%ld,%d,%s,%ld,%ld,%d,%zu,%ld,%d,%.1f,%zu,%s,%s,%s\n", age, sex, kPains[pain], pressure, cholesterol,
                sugar, ecg, rate, angina, depression, slope, lacks_vessels ? "NA" : std::to_string(vessels).c_str(),
                lacks_thal ? "NA" : kThals[thal], ill ? "Yes" : "No");
  }
}
