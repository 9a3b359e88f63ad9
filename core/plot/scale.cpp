// SPDX-License-Identifier: Apache-2.0
#include "core/plot/scale.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/plot/number_text.h"

namespace weft::detail {
namespace {

constexpr double kLargest = 4e307;  // differences of such values, and margins around them, are finite
constexpr double kSmallest = 1e-290;
constexpr double kMostDecades = 300;
// Values closer than this, relative to their size, are one value: ticks between them would need all digits of a double.
constexpr double kRelativeSpan = 1e-11;

struct Step {
  std::int64_t mantissa;  // 1, 2 or 5
  int exponent;
  double value() const { return static_cast<double>(mantissa) * std::pow(10.0, exponent); }
};

// The smallest of 1, 2, 5, 10, ... at which at most `most` ticks lie in a length.
Step step_for(double length, int most) {
  const double least = length / std::max(most - 1, 1);
  Step step{1, static_cast<int>(std::floor(std::log10(least)))};
  for (const std::int64_t mantissa : {1, 2, 5}) {
    step.mantissa = mantissa;
    if (step.value() >= least * (1 - 1e-9)) return step;
  }
  return {1, step.exponent + 1};
}

}  // namespace

bool Scale::shows(double value) const { return std::isfinite(value) && (!log_ || value > 0); }

double Scale::in(double value) const {
  return log_ ? std::clamp(std::log10(value), -kMostDecades, kMostDecades) : std::clamp(value, -kLargest, kLargest);
}

void Scale::add(double value) {
  if (!shows(value)) return;
  const double at = in(value);
  const bool first = empty();
  low_ = first ? at : std::min(low_, at);
  high_ = first ? at : std::max(high_, at);
}

void Scale::close() {
  if (empty()) {
    low_ = 0;
    high_ = 1;
  }
  const double size = std::max(std::abs(low_), std::abs(high_));
  if (high_ - low_ <= std::max(size * kRelativeSpan, kSmallest)) {
    const double half = log_ ? 0.5 : size > kSmallest ? size / 10 : 1;
    low_ -= half;
    high_ += half;
  }
  const double free = margin_ * (high_ - low_);
  low_ -= free;
  high_ += free;
}

double Scale::place(double value) const { return (in(value)-low_) / (high_ - low_); }

double Scale::value(double place) const {
  const double at = low_ + place * (high_ - low_);
  return log_ ? std::pow(10.0, at) : at;
}

std::vector<Tick> Scale::ticks(int most) const { return log_ ? decade_ticks(most) : linear_ticks(most); }

std::vector<Tick> Scale::linear_ticks(int most) const {
  const double from = log_ ? std::pow(10.0, low_) : low_, to = log_ ? std::pow(10.0, high_) : high_;
  Step step = step_for(to - from, most);
  if (step.exponent < least_step_) step = {1, least_step_};
  std::vector<Tick> out;
  const auto first = static_cast<std::int64_t>(std::ceil(from / step.value() - 1e-9));
  const auto last = static_cast<std::int64_t>(std::floor(to / step.value() + 1e-9));
  for (std::int64_t k = first; k <= last; ++k) {
    const double at = place(static_cast<double>(k) * step.value());
    out.push_back({std::clamp(at, 0.0, 1.0), decimal_text(k * step.mantissa, step.exponent)});
  }
  return out;
}

std::vector<Tick> Scale::decade_ticks(int most) const {
  const int first = static_cast<int>(std::ceil(low_ - 1e-9)), last = static_cast<int>(std::floor(high_ + 1e-9));
  std::vector<Tick> out;
  const auto add_tick = [&](std::int64_t mantissa, int exponent) {
    const double at = (std::log10(static_cast<double>(mantissa)) + exponent - low_) / (high_ - low_);
    if (at > -1e-9 && at < 1 + 1e-9) out.push_back({std::clamp(at, 0.0, 1.0), decimal_text(mantissa, exponent)});
  };
  if (last - first >= 2) {
    int stride = 1;
    for (const int wider : {2, 5, 10, 20, 50, 100, 200})
      if ((last - first) / stride >= most) stride = wider;
    for (int exponent = first; exponent <= last; ++exponent)
      if (exponent % stride == 0) add_tick(1, exponent);
    return out;
  }
  for (int exponent = first - 1; exponent <= last; ++exponent)
    for (const std::int64_t mantissa : {1, 2, 5}) add_tick(mantissa, exponent);
  // Within less than a decade round values may be none of these.
  return out.size() >= 3 ? out : linear_ticks(most);
}

}  // namespace weft::detail
