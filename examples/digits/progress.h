// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>

#include "training.h"

// Says how training goes: a bar that is redrawn on a terminal, a line per epoch elsewhere, nothing when quiet.
class Progress {
 public:
  Progress(int epochs, std::int64_t rows_per_epoch, bool quiet);
  void batch(int epoch, std::int64_t rows);
  void epoch(const Epoch& figures);

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_left(int epoch, std::int64_t rows) const;

  int epochs_;
  std::int64_t rows_per_epoch_;
  bool quiet_, terminal_;
  Clock::time_point start_, drawn_{};
};
