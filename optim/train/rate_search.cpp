// SPDX-License-Identifier: Apache-2.0
#include "optim/train/rate_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "weft/log.h"

namespace weft::detail {
namespace {

constexpr const char* kOp = "find_rate";

void set_rate(Optimizer& optimizer, double rate) {
  const double now = optimizer.lr().item<double>();
  if (!(now > 0))
    fail<ValueError>(kOp, "the rate of update ", optimizer.updates(), " is ", now,
                     "; it must be positive, because rates are found by scale_lr(); give the first group a constant");
  optimizer.scale_lr(rate / now);
}

// Rate of the steepest central difference of `losses`; NaN if none is negative.
double steepest(const std::vector<double>& rates, const std::vector<double>& losses, std::size_t first) {
  double least = 0, rate = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = std::max<std::size_t>(first, 1); i + 1 < losses.size(); ++i) {
    const double slope = (losses[i + 1] - losses[i - 1]) / 2;
    if (slope >= least) continue;
    least = slope;
    rate = rates[i];
  }
  return rate;
}

}  // namespace

RestoreScope::RestoreScope(std::vector<Saved> entries) : entries_(std::move(entries)) {
  for (const Saved& entry : entries_) values_.push_back(entry.read());
}

RestoreScope::~RestoreScope() {
  try {
    for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i].write(values_[i]);
  } catch (const std::exception& error) {
    log(LogLevel::kWarning, std::string("find_rate: the values from before could not be put back: ") + error.what());
  }
}

void check_rates(const RateFinderOptions& options) {
  if (!(options.low >= 1e-30 && options.low < options.high && options.high <= 1e30))
    fail<ValueError>(kOp, "low is ", options.low, " and high is ", options.high,
                     "; they must rise, from 1e-30 to 1e30");
  if (options.steps < 2) fail<ValueError>(kOp, "steps is ", options.steps, "; it must be 2 or more");
  if (!(options.smoothing >= 0 && options.smoothing < 1))
    fail<ValueError>(kOp, "smoothing is ", options.smoothing, "; it must be in [0, 1)");
  if (!(options.diverge > 1)) fail<ValueError>(kOp, "diverge is ", options.diverge, "; it must be above 1");
}

RateCurve search_rates(Optimizer& optimizer, const RateFinderOptions& options, const std::function<double()>& step) {
  RateCurve out;
  double smoothed = 0, best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < options.steps && !out.diverged; ++i) {
    const double rate = options.low * std::pow(options.high / options.low, i / (options.steps - 1.0));
    set_rate(optimizer, rate);
    const double loss = step();
    const bool moved = optimizer.finite().item<bool>() || optimizer.overflowed().item<bool>();
    out.diverged = !std::isfinite(loss) || !moved;
    if (out.diverged) break;
    // The exponential mean without its bias, in a form that leaves a constant as it is.
    smoothed += (1 - options.smoothing) / (1 - std::pow(options.smoothing, i + 1)) * (loss - smoothed);
    out.rates.push_back(rate);
    out.losses.push_back(loss);
    out.smoothed.push_back(smoothed);
    out.diverged = i > 0 && smoothed > best + (options.diverge - 1) * std::abs(best);
    best = std::min(best, smoothed);
  }
  out.suggestion = steepest(out.rates, out.smoothed, static_cast<std::size_t>(options.steps / 10));
  return out;
}

}  // namespace weft::detail
