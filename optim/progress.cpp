// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

#include "weft/callbacks.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

std::string figure(const char* name, double value, int digits) {
  if (!std::isfinite(value)) return "";
  char text[64];
  std::snprintf(text, sizeof text, "  %s %.*f", name, digits, value);
  return text;
}

std::string duration(double seconds) {
  char text[32];
  if (seconds < 90) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else {
    std::snprintf(text, sizeof text, "%d:%02d min", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
  }
  return text;
}

class ProgressBar : public Callback {
 public:
  void on_begin(Trainer&, int epochs) override {
    epochs_ = epochs;
    terminal_ = isatty(STDOUT_FILENO) != 0;
    begin_ = last_ = Clock::now();
  }

  void on_batch(const BatchEvent& event) override {
    // Ten times a second: the figures are read from the device, and that waits.
    const Clock::time_point now = Clock::now();
    if (!terminal_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    const double done =
        (event.epoch - 1 + static_cast<double>(event.batch) / static_cast<double>(event.batches)) / event.epochs;
    const double spent = std::chrono::duration<double>(now - begin_).count();
    const Metrics m = event.metrics();
    constexpr int kWidth = 24;
    const int filled = std::clamp(static_cast<int>(done * kWidth), 0, kWidth);
    std::printf("\r\033[K[%s%s] epoch %d/%d%s%s  %.0f samples/s  %s left",
                std::string(static_cast<std::size_t>(filled), '=').c_str(),
                std::string(static_cast<std::size_t>(kWidth - filled), ' ').c_str(), event.epoch, event.epochs,
                figure("loss", m.loss, 4).c_str(), figure("accuracy", m.accuracy, 4).c_str(),
                static_cast<double>(event.rows) / event.seconds, duration(spent / done - spent).c_str());
    std::fflush(stdout);
  }

  void on_epoch(Trainer&, const Epoch& e) override {
    if (terminal_) std::printf("\r\033[K");
    const double spent = std::chrono::duration<double>(Clock::now() - begin_).count();
    const double left = spent / e.number * (epochs_ - e.number);
    std::printf("epoch %3d/%d%s%s%s%s  %.0f samples/s  %s left\n", e.number, epochs_, figure("loss", e.loss, 4).c_str(),
                figure("accuracy", e.accuracy, 4).c_str(), figure("validation loss", e.validation_loss, 4).c_str(),
                figure("accuracy", e.validation_accuracy, 4).c_str(), e.samples_per_second, duration(left).c_str());
    std::fflush(stdout);
  }

 private:
  int epochs_ = 0;
  bool terminal_ = false;
  Clock::time_point begin_, last_;
};

}  // namespace

std::shared_ptr<Callback> progress() { return std::make_shared<ProgressBar>(); }

}  // namespace weft
