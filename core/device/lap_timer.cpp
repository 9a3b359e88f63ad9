// SPDX-License-Identifier: Apache-2.0
#include "core/device/lap_timer.h"

#include "core/device/backend.h"

namespace weft {

void LapTimer::mark() {
  if (stream_.device().is_cpu()) {
    times_.push_back(std::chrono::steady_clock::now());
    return;
  }
  const int device = stream_.device().index();
  if (marks_ == events_.size()) events_.push_back(cuda_backend::create_timed_event(device));
  cuda_backend::record_event(device, events_[marks_++].get(), stream_.handle());
}

std::vector<double> LapTimer::laps() {
  std::vector<double> out;
  for (std::size_t i = 1; i < times_.size(); ++i)
    out.push_back(std::chrono::duration<double>(times_[i] - times_[i - 1]).count());
  if (marks_ > 0) cuda_backend::synchronize_event(stream_.device().index(), events_[marks_ - 1].get());
  for (std::size_t i = 1; i < marks_; ++i)
    out.push_back(cuda_backend::seconds_between(stream_.device().index(), events_[i - 1].get(), events_[i].get()));
  times_.clear();
  marks_ = 0;
  return out;
}

}  // namespace weft
