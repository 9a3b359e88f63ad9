// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

namespace detail {
struct ScheduleNode;
}

// A rate as a formula of the update's ordinal u, which counts from 0. Programs evaluate it on the device, so a changing
// rate never traces again. Copying is cheap. Sums, products and then() make schedules of schedules. Where a run stands
// in its schedule is the number of its updates, which a checkpoint holds.
class Schedule {
 public:
  Schedule(double constant);

  // This schedule for the first `after` updates, from there on `next`, which counts its own updates from 0. ValueError
  // for a negative number.
  Schedule then(std::int64_t after, const Schedule& next) const;
  // The rate of an update: on the host, or as f64() on the device of `update`, a 0-d tensor.
  double at(std::int64_t update) const;
  [[nodiscard]] Tensor at(const Tensor& update) const;
  // True if both are the same formula with the same bits in its numbers.
  bool operator==(const Schedule& other) const;

  explicit Schedule(std::shared_ptr<const detail::ScheduleNode> node) : node_(std::move(node)) {}
  const std::shared_ptr<const detail::ScheduleNode>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::ScheduleNode> node_;
};

// a(u) * b(u) and a(u) + b(u); a number is a constant schedule.
WEFT_EXPORT Schedule operator*(const Schedule& a, const Schedule& b);
WEFT_EXPORT Schedule operator+(const Schedule& a, const Schedule& b);

// Formulas of u. ValueError unless numbers of updates are positive and factors lie where their comment says.
namespace schedule {

// from + (to - from) min(u / updates, 1)
WEFT_EXPORT Schedule linear(double from, double to, std::int64_t updates);
// to + (from - to) (1 + cos(pi min(u / updates, 1))) / 2. Source: Loshchilov and Hutter 2017, one cycle.
WEFT_EXPORT Schedule cosine(double from, double to, std::int64_t updates);
// to + (from - to) (1 - min(u / updates, 1))^power, power positive.
WEFT_EXPORT Schedule polynomial(double from, double to, std::int64_t updates, double power = 1);
// from factor^u, factor positive.
WEFT_EXPORT Schedule exponential(double from, double factor);
// from factor^floor(u / every), factor positive.
WEFT_EXPORT Schedule step(double from, double factor, std::int64_t every);
// from factor^k, where k counts the milestones that are at most u. Milestones are positive and rise.
WEFT_EXPORT Schedule multi_step(double from, double factor, const std::vector<std::int64_t>& milestones);
// from / (1 + rate u)^power, rate 0 or more, power positive. With a power in (1/2, 1] the steps add up to infinity and
// their squares do not. Source: Robbins and Monro 1951.
WEFT_EXPORT Schedule inverse_time(double from, double rate, double power = 1);

// linear(from, next(0), updates), then `next` from its beginning. 0 updates: `next`.
WEFT_EXPORT Schedule warmup(std::int64_t updates, const Schedule& next, double from = 0);
// warmup(warmup, cosine(peak, floor, total - warmup)). ValueError unless 0 <= warmup < total.
WEFT_EXPORT Schedule warmup_cosine(double peak, std::int64_t warmup, std::int64_t total, double floor = 0);
// A linear warm-up, `stable` updates at the peak, and a linear decay to the floor. Source: Hu et al. 2024.
WEFT_EXPORT Schedule warmup_stable_decay(double peak, std::int64_t warmup, std::int64_t stable, std::int64_t decay,
                                         double floor = 0);
// peak min(u / warmup, sqrt(warmup / u)). Source: Vaswani et al. 2017.
WEFT_EXPORT Schedule inverse_sqrt(double peak, std::int64_t warmup);

// Settings of restarts().
struct RestartOptions {
  double stretch = 1;  // each cycle is this many times as long as the one before; 1 or more
  double shrink = 1;   // factor of the rates of each cycle beside the one before; in (0, 1]
};
// The first `period` updates of a cycle again and again. restarts(cosine(0.1, 0, n), n, {.stretch = 2}) is SGDR.
// Source: Loshchilov and Hutter 2017.
WEFT_EXPORT Schedule restarts(const Schedule& cycle, std::int64_t period, const RestartOptions& options = {});
// From low to high in `up` updates, back in `down` (0: as many), again and again; `shrink` is the factor of each
// cycle's height. Source: Smith 2017.
WEFT_EXPORT Schedule cyclic(double low, double high, std::int64_t up, std::int64_t down = 0, double shrink = 1);

// Settings of one_cycle() and one_cycle_momentum(), as in torch.optim.lr_scheduler.OneCycleLR.
struct OneCycleOptions {
  double rising = 0.3;        // share of the updates in which the rate rises, in (0, 1)
  double start_factor = 25;   // peak / first rate
  double final_factor = 1e4;  // first rate / last rate
};
// By cosines from peak / start_factor to the peak, and on to peak / (start_factor final_factor) at the last update.
// ValueError unless both parts have an update. Source: Smith and Topin 2018.
WEFT_EXPORT Schedule one_cycle(double peak, std::int64_t total, const OneCycleOptions& options = {});
// The momentum beside it: from high to low while the rate rises, and back.
WEFT_EXPORT Schedule one_cycle_momentum(std::int64_t total, double low = 0.85, double high = 0.95,
                                        const OneCycleOptions& options = {});

}  // namespace schedule

namespace detail {
// Bounds of all rates of the schedule: no rate is less than the first or more than the second.
WEFT_EXPORT std::pair<double, double> bounds(const Schedule& schedule);
}  // namespace detail

}  // namespace weft
