// SPDX-License-Identifier: Apache-2.0
#include "weft/schedule.h"

#include <cmath>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "optim/schedule/node.h"
#include "weft/error.h"

namespace weft {
namespace {

using detail::ScheduleNode;
using Kind = ScheduleNode::Kind;

Schedule make(ScheduleNode node) { return Schedule(std::make_shared<const ScheduleNode>(std::move(node))); }

void check(bool holds, const char* op, std::int64_t given, const char* rule) {
  if (!holds) fail<ValueError>(op, "the number of updates is ", given, "; it must be ", rule);
}

void check_positive(double value, const char* op, const char* name) {
  if (!(value > 0)) fail<ValueError>(op, name, " is ", value, "; it must be positive");
}

// A ramp over `updates`, which need not be whole.
Schedule ramp(Kind kind, double from, double to, double updates) {
  return make({.kind = kind, .a = from, .b = to, .c = updates});
}

Schedule after(double updates, const Schedule& first, const Schedule& second) {
  return make({.kind = Kind::kThen, .a = updates, .first = first.node(), .second = second.node()});
}

// Numbers of updates of one_cycle(): those in which the rate rises, and the others.
std::pair<double, double> parts_of_cycle(const char* op, std::int64_t total, double rising) {
  const double up = rising * static_cast<double>(total) - 1, down = static_cast<double>(total) - 1 - up;
  if (!(up > 0 && down > 0))
    fail<ValueError>(op, total, " updates, of which a share of ", rising,
                     " rises; both parts of the cycle must have an update");
  return {up, down};
}

}  // namespace

Schedule::Schedule(double constant_rate) : Schedule(make({.kind = Kind::kConstant, .a = constant_rate})) {}

Schedule Schedule::then(std::int64_t updates, const Schedule& next) const {
  check(updates >= 0, "then", updates, "0 or more");
  return after(static_cast<double>(updates), *this, next);
}

bool Schedule::operator==(const Schedule& other) const { return detail::same(node_.get(), other.node_.get()); }

double Schedule::at(std::int64_t update) const { return detail::rate_at(*node_, static_cast<double>(update)); }

Tensor Schedule::at(const Tensor& update) const { return detail::rate_at(*node_, update.to(DType::kF64)); }

Schedule operator*(const Schedule& a, const Schedule& b) {
  return make({.kind = Kind::kProduct, .first = a.node(), .second = b.node()});
}

Schedule operator+(const Schedule& a, const Schedule& b) {
  return make({.kind = Kind::kSum, .first = a.node(), .second = b.node()});
}

namespace schedule {

Schedule linear(double from, double to, std::int64_t updates) {
  check(updates > 0, "linear", updates, "positive");
  return ramp(Kind::kLinear, from, to, static_cast<double>(updates));
}

Schedule cosine(double from, double to, std::int64_t updates) {
  check(updates > 0, "cosine", updates, "positive");
  return ramp(Kind::kCosine, from, to, static_cast<double>(updates));
}

Schedule polynomial(double from, double to, std::int64_t updates, double power) {
  check(updates > 0, "polynomial", updates, "positive");
  check_positive(power, "polynomial", "power");
  return make({.kind = Kind::kPolynomial, .a = from, .b = to, .c = static_cast<double>(updates), .d = power});
}

Schedule exponential(double from, double factor) {
  check_positive(factor, "exponential", "factor");
  return make({.kind = Kind::kExponential, .a = from, .b = factor});
}

Schedule step(double from, double factor, std::int64_t every) {
  check(every > 0, "step", every, "positive");
  check_positive(factor, "step", "factor");
  return make({.kind = Kind::kStairs, .a = static_cast<double>(every), .first = exponential(from, factor).node()});
}

Schedule multi_step(double from, double factor, const std::vector<std::int64_t>& milestones) {
  check_positive(factor, "multi_step", "factor");
  Schedule rest = from * std::pow(factor, static_cast<double>(milestones.size()));
  for (std::size_t k = milestones.size(); k-- > 0;) {
    const std::int64_t before = k == 0 ? 0 : milestones[k - 1];
    if (milestones[k] <= before)
      fail<ValueError>("multi_step", "milestone ", k, " is ", milestones[k], "; it must be more than ", before);
    rest = Schedule(from * std::pow(factor, static_cast<double>(k))).then(milestones[k] - before, rest);
  }
  return rest;
}

Schedule inverse_time(double from, double rate, double power) {
  if (!(rate >= 0)) fail<ValueError>("inverse_time", "rate is ", rate, "; it must be 0 or more");
  check_positive(power, "inverse_time", "power");
  return make({.kind = Kind::kInverseTime, .a = from, .b = rate, .c = power});
}

Schedule warmup(std::int64_t updates, const Schedule& next, double from) {
  check(updates >= 0, "warmup", updates, "0 or more");
  return updates == 0 ? next : linear(from, next.at(std::int64_t{0}), updates).then(updates, next);
}

Schedule warmup_cosine(double peak, std::int64_t warmup_updates, std::int64_t total, double floor) {
  check(warmup_updates >= 0 && warmup_updates < total, "warmup_cosine", warmup_updates,
        "0 or more for the warm-up, and less than the total");
  return warmup(warmup_updates, cosine(peak, floor, total - warmup_updates));
}

Schedule warmup_stable_decay(double peak, std::int64_t warmup_updates, std::int64_t stable, std::int64_t decay,
                             double floor) {
  check(stable >= 0, "warmup_stable_decay", stable, "0 or more at the peak");
  check(decay > 0, "warmup_stable_decay", decay, "positive for the decay");
  return warmup(warmup_updates, Schedule(peak).then(stable, linear(peak, floor, decay)));
}

Schedule inverse_sqrt(double peak, std::int64_t warmup_updates) {
  check(warmup_updates > 0, "inverse_sqrt", warmup_updates, "positive");
  return warmup(warmup_updates, inverse_time(peak, 1 / static_cast<double>(warmup_updates), 0.5));
}

Schedule restarts(const Schedule& cycle, std::int64_t period, const RestartOptions& options) {
  check(period > 0, "restarts", period, "positive");
  if (!(options.stretch >= 1) || std::isinf(options.stretch))
    fail<ValueError>("restarts", "stretch is ", options.stretch, "; it must be 1 or more");
  if (!(options.shrink > 0 && options.shrink <= 1))
    fail<ValueError>("restarts", "shrink is ", options.shrink, "; it must lie in (0, 1]");
  return make({.kind = Kind::kRestarts,
               .a = static_cast<double>(period),
               .b = options.stretch,
               .c = options.shrink,
               .first = cycle.node()});
}

Schedule cyclic(double low, double high, std::int64_t up, std::int64_t down, double shrink) {
  check(up > 0, "cyclic", up, "positive");
  check(down >= 0, "cyclic", down, "0 or more");
  const std::int64_t back = down == 0 ? up : down;
  const Schedule wave = linear(0, high - low, up).then(up, linear(high - low, 0, back));
  return Schedule(low) + restarts(wave, up + back, {.shrink = shrink});
}

Schedule one_cycle(double peak, std::int64_t total, const OneCycleOptions& options) {
  check_positive(options.start_factor, "one_cycle", "start_factor");
  check_positive(options.final_factor, "one_cycle", "final_factor");
  const auto [up, down] = parts_of_cycle("one_cycle", total, options.rising);
  const double first = peak / options.start_factor;
  return after(up, ramp(Kind::kCosine, first, peak, up), ramp(Kind::kCosine, peak, first / options.final_factor, down));
}

Schedule one_cycle_momentum(std::int64_t total, double low, double high, const OneCycleOptions& options) {
  const auto [up, down] = parts_of_cycle("one_cycle_momentum", total, options.rising);
  return after(up, ramp(Kind::kCosine, high, low, up), ramp(Kind::kCosine, low, high, down));
}

}  // namespace schedule

std::pair<double, double> detail::bounds(const Schedule& schedule) {
  return bounds_of(*schedule.node(), std::numeric_limits<double>::infinity());
}

}  // namespace weft
