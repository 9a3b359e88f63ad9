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
// rate never traces again. Copying is cheap.
class Schedule {
 public:
  Schedule(double constant);

  // This schedule for the first `after` updates, from there on `next`, which counts its own updates from 0. ValueError
  // for a negative number.
  Schedule then(std::int64_t after, const Schedule& next) const;
  // The rate of an update: on the host, or as f64() on the device of `update`, a 0-d tensor.
  double at(std::int64_t update) const;
  Tensor at(const Tensor& update) const;
  // True if both are the same formula with the same bits in its numbers.
  bool operator==(const Schedule& other) const;

  explicit Schedule(std::shared_ptr<const detail::ScheduleNode> node) : node_(std::move(node)) {}
  const std::shared_ptr<const detail::ScheduleNode>& node() const { return node_; }

 private:
  std::shared_ptr<const detail::ScheduleNode> node_;
};

// factor * schedule
WEFT_EXPORT Schedule operator*(double factor, const Schedule& schedule);

namespace schedule {

// from + (to - from) min(u / updates, 1). ValueError unless updates > 0; likewise cosine().
WEFT_EXPORT Schedule linear(double from, double to, std::int64_t updates);
// to + (from - to) (1 + cos(pi min(u / updates, 1))) / 2. Source: Loshchilov and Hutter 2017, one cycle.
WEFT_EXPORT Schedule cosine(double from, double to, std::int64_t updates);
// linear(0, peak, warmup), then cosine(peak, floor, total - warmup). ValueError unless 0 <= warmup < total.
WEFT_EXPORT Schedule warmup_cosine(double peak, std::int64_t warmup, std::int64_t total, double floor = 0);

}  // namespace schedule

namespace detail {
// Some rates of the schedule, among them the smallest and the largest.
WEFT_EXPORT std::vector<double> extremes(const Schedule& schedule);
}  // namespace detail

}  // namespace weft
