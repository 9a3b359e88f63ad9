// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "optim/metrics/rows.h"
#include "weft/elementwise.h"
#include "weft/metrics.h"
#include "weft/ops.h"

namespace weft::metrics {
namespace {

// A weighted mean over rows of the mean over their elements.
Metric mean_of_numbers(const char* name, Tensor (*value)(const Numbers&), double (*of_mean)(double)) {
  return {name,
          [name, value](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Numbers rows = numbers(output, target, name);
            const Tensor w = weight_of(rows, weight, name);
            return std::vector<Tensor>{where(equal(w, 0), 0, value(rows).mean({1}) * w).sum(), w.sum()};
          },
          [of_mean](const std::vector<Tensor>& all) { return of_mean(all[0].item<double>() / all[1].item<double>()); }};
}

double itself(double mean) { return mean; }

double r2_of(const std::vector<double>& sums) {
  const std::size_t columns = sums.size() / 4;
  double total = 0;
  for (std::size_t c = 0; c < columns; ++c) {
    const double weight = sums[c], first = sums[columns + c], second = sums[2 * columns + c];
    const double error = sums[3 * columns + c], spread = second - first * first / weight;
    if (weight == 0) return std::numeric_limits<double>::quiet_NaN();
    // The difference of two sums of n squares has this much of their rounding errors.
    const bool constant = spread <= 1e-12 * second;
    total += !constant ? 1 - error / spread : error == 0 ? 1 : 0;
  }
  return total / static_cast<double>(columns);
}

}  // namespace

Metric mae() {
  return mean_of_numbers(
      "mae", [](const Numbers& rows) { return abs(rows.output - rows.target); }, itself);
}

Metric rmse() {
  return mean_of_numbers(
      "rmse", [](const Numbers& rows) { return square(rows.output - rows.target); },
      [](double mean) { return std::sqrt(mean); });
}

Metric mape() {
  return mean_of_numbers(
      "mape",
      [](const Numbers& rows) {
        return abs(rows.output - rows.target) / maximum(abs(rows.target), std::numeric_limits<double>::epsilon());
      },
      itself);
}

Metric r2() {
  return {"r2",
          [](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Numbers rows = numbers(output, target, "r2");
            const Tensor w = weight_of(rows, weight, "r2").unsqueeze(1), t = rows.target;
            const Tensor each = w * ones_like(t);
            return std::vector<Tensor>{stack({each.sum({0}), (each * t).sum({0}), (each * square(t)).sum({0}),
                                              (each * square(rows.output - t)).sum({0})})};
          },
          [](const std::vector<Tensor>& all) { return r2_of(all[0].to_vector<double>()); }};
}

}  // namespace weft::metrics
