// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

Progress::Progress(int epochs, std::int64_t rows_per_epoch, bool quiet)
    : epochs_(epochs),
      rows_per_epoch_(rows_per_epoch),
      quiet_(quiet),
      terminal_(isatty(STDOUT_FILENO) != 0),
      start_(Clock::now()) {}

double Progress::seconds_left(int epoch, std::int64_t rows) const {
  const double share = (epoch - 1 + static_cast<double>(rows) / static_cast<double>(rows_per_epoch_)) / epochs_;
  const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
  return share > 0 ? spent / share - spent : 0;
}

void Progress::batch(int epoch, std::int64_t rows) {
  using std::chrono::milliseconds;
  if (quiet_ || !terminal_ || Clock::now() - drawn_ < milliseconds(100)) return;
  drawn_ = Clock::now();
  constexpr std::int64_t kWidth = 24;
  const auto full = static_cast<std::size_t>(std::min(kWidth, kWidth * rows / rows_per_epoch_));
  std::printf("\r\033[Kepoch %3d/%d  [%s%s]  %.1f s left", epoch, epochs_, std::string(full, '#').c_str(),
              std::string(kWidth - full, '.').c_str(), seconds_left(epoch, rows));
  std::fflush(stdout);
}

void Progress::epoch(const Epoch& figures) {
  if (quiet_) return;
  std::printf(
      "%sepoch %3d/%d  loss %.4f  accuracy %.4f  validation loss %.4f  accuracy %.4f  %8.0f samples/s  %.1f s left\n",
      terminal_ ? "\r\033[K" : "", figures.number, epochs_, figures.training.loss, figures.training.accuracy,
      figures.validation.loss, figures.validation.accuracy, figures.samples_per_second,
      seconds_left(figures.number + 1, 0));
  std::fflush(stdout);
}
