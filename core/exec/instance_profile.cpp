// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "core/device/lap_timer.h"
#include "core/device/thread_pool.h"
#include "core/exec/instance.h"

namespace weft::exec {

std::vector<double> Instance::profile(std::span<const Array> inputs, std::span<const Array> targets,
                                      const Stream& stream) {
  constexpr double kEnough = 0.2;  // seconds of all runs together
  constexpr int kFewest = 5, kMost = 200;
  const ArenaLease arena(*arenas_, static_cast<std::size_t>(executable_->plan().arena_bytes), stream);
  bind(arguments_.bring(inputs, stream), targets, arena.data());
  views_set_ = false;  // because an earlier run may have aimed some at its results
  set_views();
  const FlushDenormals flush;
  std::vector<double> best(calls_.size(), std::numeric_limits<double>::infinity());
  LapTimer timer(stream);
  double spent = 0;
  for (int run = 0; run < kMost && (run < kFewest || spent < kEnough); ++run) {
    timer.mark();
    for (std::size_t s = 0; s < calls_.size(); ++s) {
      Call& call = calls_[s].call;
      call.stream = stream.handle();
      call.fault = fault_.get();
      executable_->prepared_calls()[s].kernel.run(call);
      timer.mark();
    }
    const std::vector<double> laps = timer.laps();
    for (std::size_t s = 0; s < laps.size(); ++s) {
      best[s] = std::min(best[s], laps[s]);
      spent += laps[s];
    }
  }
  static_cast<void>(fault_.take(stream));  // labels and indices were zeros
  return best;
}

}  // namespace weft::exec
