// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "core/device/stream.h"

namespace weft {

// Times pieces of a stream's work, one behind the other. CUDA's own clock is used, because the host runs ahead.
class LapTimer {
 public:
  explicit LapTimer(Stream stream) : stream_(std::move(stream)) {}
  // Ends a piece and begins the next; the first call begins the first.
  void mark();
  // Seconds of each piece since the last call. Waits.
  std::vector<double> laps();

 private:
  Stream stream_;
  std::vector<std::chrono::steady_clock::time_point> times_;  // on the CPU
  std::vector<std::shared_ptr<void>> events_;                 // on CUDA; kept for the next laps
  std::size_t marks_ = 0;
};

}  // namespace weft
