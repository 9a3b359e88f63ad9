// SPDX-License-Identifier: Apache-2.0
// Gradients by variables beside central differences.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <limits>
#include <ratio>
#include <sstream>
#include <vector>

#include "core/base/check.h"
#include "weft/compile.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Puts the values back that variables have when it is made.
class ValuesScope {
 public:
  explicit ValuesScope(const Parameters& of) : of_(of) {
    for (const Variable& v : of) values_.push_back(v.value());
  }
  ~ValuesScope() {
    for (std::size_t i = 0; i < of_.size(); ++i) of_[i].assign(values_[i]);
  }
  ValuesScope(const ValuesScope&) = delete;
  ValuesScope& operator=(const ValuesScope&) = delete;
  const Tensor& operator[](std::size_t i) const { return values_[i]; }

 private:
  const Parameters& of_;
  std::vector<Tensor> values_;
};

// The dtype of the arithmetic: f32 if one of the variables is.
DType dtype_of(const Parameters& of) {
  DType dtype = DType::kF64;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i].dtype() == DType::kF32) dtype = DType::kF32;
    if (of[i].dtype() != DType::kF32 && of[i].dtype() != DType::kF64)
      fail<DTypeError>("check_gradients", "variable '", of.name(i), "' is ", name_of(of[i].dtype()),
                       "; differences need f32 or f64");
  }
  return dtype;
}

}  // namespace

GradientReport check_gradients(const std::function<Tensor()>& loss, const Parameters& of) {
  GradientReport report;
  report.dtype = dtype_of(of);
  const bool wide = report.dtype == DType::kF64;
  const double step = wide ? 1e-5 : 1e-2;
  report.bound = wide ? 1e-6 : 2e-2;

  const ValuesScope values(of);
  detail::Program differentiated(CompileOptions{}), evaluated(CompileOptions{});
  const detail::TracedBody gradients_of = [&](const std::vector<Tensor>&) {
    std::vector<Tensor> out = gradients(loss(), of).values;
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!out[i].defined()) out[i] = zeros(of[i].shape(), of[i].dtype());
    return out;
  };
  // The first run traces, and is not in the cost.
  differentiated.run({}, gradients_of);
  Clock::time_point start = Clock::now();
  std::vector<std::vector<double>> exact;
  for (const Tensor& g : differentiated.run({}, gradients_of)) exact.push_back(g.to_vector<double>());
  const double reverse_ms = milliseconds_since(start);

  const auto value = [&] {
    return evaluated.run({}, [&](const auto&) { return std::vector{loss()}; })[0].template item<double>();
  };
  value();
  start = Clock::now();
  for (std::size_t i = 0; i < of.size(); ++i) {
    std::vector<double> moved = values[i].to_vector<double>();
    const auto at = [&](std::size_t e, double x) {
      moved[e] = x;
      of[i].assign(Tensor::of(moved, of[i].shape()).to(of[i].dtype()));
      return value();
    };
    for (std::size_t e = 0; e < moved.size(); ++e) {
      const double here = moved[e];
      const double numeric = (at(e, here + step) - at(e, here - step)) / (2 * step);
      moved[e] = here;
      const double error = std::abs(exact[i][e] - numeric) / std::max(1.0, std::abs(numeric));
      report.reverse = std::max(report.reverse, std::isnan(error) ? std::numeric_limits<double>::infinity() : error);
    }
    of[i].assign(values[i]);
  }
  const double numeric_ms = milliseconds_since(start);

  report.worst = report.reverse;
  report.ok = report.worst <= report.bound;
  std::ostringstream text;
  text << std::setprecision(3) << "gradients of " << of.numel() << " elements in " << name_of(report.dtype)
       << ": reverse " << report.reverse << "; bound " << report.bound << ": " << (report.ok ? "ok" : "WRONG") << "\n  "
       << 2 * of.numel() << " evaluations took " << numeric_ms << " ms, one reverse sweep " << reverse_ms << " ms";
  report.text = text.str();
  return report;
}

}  // namespace weft
