// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "weft/checkpoint.h"
#include "weft/detail/export.h"
#include "weft/optimizer.h"
#include "weft/plot.h"

namespace weft WEFT_EXPORT {

// Settings of find_rate(). ValueError unless 1e-30 <= low < high <= 1e30, steps >= 2, 0 <= smoothing < 1, diverge > 1.
struct RateFinderOptions {
  double low = 1e-7, high = 10;  // rate of the first step, and of the last: rates grow exponentially
  int steps = 100;               // updates at most
  double smoothing = 0.98;       // share of the mean of losses so far in the smoothed loss
  double diverge = 4;  // ends when the smoothed loss is above best + (diverge - 1) |best|, the best one so far
  std::int64_t batch_size = 32;  // rows of a batch, for a Trainer
};

// Losses of a model while its rate grew.
struct RateCurve {
  std::vector<double> rates, losses, smoothed;  // one each per step whose loss was finite
  double suggestion = 0;                        // rate at which the smoothed loss fell steepest; NaN if it never fell
  bool diverged = false;                        // the run ended early

  // The losses and the smoothed losses over the rates, for plot::lines() with a logarithmic x.
  std::vector<plot::Line> lines() const;
};

// Runs `step`, which makes one update by `optimizer` and gives the loss before it, while the rate grows. Then the
// optimizer, its parameters, the default generator and `others` have their values from before, bit for bit; `others`
// are for example a model with running statistics, and generators of one's own. Rates of further groups keep their
// ratio to that of the first. Programs are not traced again. Smoothed losses are exponential means with their bias
// corrected; the suggestion is the steepest central difference over the steps, without the first tenth, whose means are
// of few losses, and the last one. A rate that suggestion gives is for the first updates and for constant schedules.
// ValueError if the optimizer's rate is 0 at some step. Source: Smith 2017.
RateCurve find_rate(Optimizer& optimizer, const std::function<Tensor()>& step, const RateFinderOptions& options = {},
                    const Checkpoint& others = Checkpoint());

}  // namespace weft
