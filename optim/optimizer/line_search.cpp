// SPDX-License-Identifier: Apache-2.0
// The line search of torch.optim.LBFGS: first a bracket, then a zoom into it.
#include "optim/optimizer/line_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace weft::detail {
namespace {

constexpr double kArmijo = 1e-4, kCurvature = 0.9;  // c1 and c2 of the conditions

// Minimum of the cubic through two trials, within [low, high]; the middle where there is none.
double interpolated(const Trial& a, const Trial& b, double low, double high) {
  const Trial &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
  const double d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t);
  const double d2 = std::sqrt(d1 * d1 - left.slope * right.slope);  // NaN without a minimum
  const double place = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return std::isnan(place) ? (low + high) / 2 : std::clamp(place, low, high);
}

struct Search {
  const Trial& start;
  const LineSearch& limits;
  const std::function<Trial(double)>& at;
  std::vector<Trial> bracket{};
  int trials = 0;
  bool done = false;

  bool too_high(const Trial& now) const { return now.loss > start.loss + kArmijo * now.t * start.slope; }
  bool flat(const Trial& now) const { return std::abs(now.slope) <= -kCurvature * start.slope; }
  std::size_t low() const { return bracket.front().loss <= bracket.back().loss ? 0 : 1; }

  // Longer and longer steps until a point or a bracket is found.
  void find_bracket(double first) {
    Trial previous = start, now = at(first);
    for (; trials < limits.most; ++trials) {
      if (too_high(now) || (trials > 1 && now.loss >= previous.loss)) break;
      done = flat(now);
      if (done || now.slope >= 0) break;
      const double next = interpolated(previous, now, now.t + 0.01 * (now.t - previous.t), 10 * now.t);
      previous = std::exchange(now, at(next));
    }
    if (done) {
      bracket = {now};
    } else {
      bracket = {trials == limits.most ? start : previous, now};
    }
  }

  // A place within the bracket, away from its ends if the last place was near one, too.
  double next_place(bool& stuck) const {
    const auto [near, far] = std::minmax(bracket[0].t, bracket[1].t);
    const double place = interpolated(bracket[0], bracket[1], near, far), margin = 0.1 * (far - near);
    if (std::min(far - place, place - near) >= margin) {
      stuck = false;
      return place;
    }
    if (!stuck && place < far && place > near) {
      stuck = true;
      return place;
    }
    stuck = false;
    return std::abs(place - far) < std::abs(place - near) ? far - margin : near + margin;
  }

  Trial zoom() {
    std::size_t best = low();
    for (bool stuck = false; !done && trials < limits.most; ++trials) {
      if (std::abs(bracket[1].t - bracket[0].t) * limits.largest < limits.tolerance_change) break;
      Trial now = at(next_place(stuck));
      if (too_high(now) || now.loss >= bracket[best].loss) {
        bracket[1 - best] = std::move(now);
        best = low();
        continue;
      }
      done = flat(now);
      if (!done && now.slope * (bracket[1 - best].t - bracket[best].t) >= 0) bracket[1 - best] = bracket[best];
      bracket[best] = std::move(now);
    }
    return bracket[best];
  }
};

}  // namespace

Trial strong_wolfe(const Trial& start, double first, const LineSearch& limits, const std::function<Trial(double)>& at) {
  Search search{start, limits, at};
  search.find_bracket(first);
  return search.zoom();
}

}  // namespace weft::detail
