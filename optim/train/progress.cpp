// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "weft/callbacks.h"
#include "weft/trainer.h"

namespace weft {
namespace {

template <class... Numbers>
std::string print(const char* format, Numbers... numbers) {
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

// "  loss 0.1234  acc 97.5%"; an unknown accuracy is left out.
std::string figures(const char* prefix, double loss, double accuracy) {
  std::string out = print("  %sloss %.4f", prefix, loss);
  if (!std::isnan(accuracy)) out += print("  %sacc %.2f%%", prefix, 100 * accuracy);
  return out;
}

class Progress : public Callback {
 public:
  void on_train_begin(FitState&) override { spent_ = drawn_ = 0; }
  void on_batch(FitState& at) override {
    constexpr double kEvery = 0.1;  // seconds: reading the metrics waits for the device
    if (at.batch == 1) drawn_ = 0;
    if (!terminal_ || at.seconds - drawn_ < kEvery) return;
    drawn_ = at.seconds;
    constexpr int kWidth = 24;
    const double share = static_cast<double>(at.batch) / static_cast<double>(at.batches);
    const auto full = static_cast<std::size_t>(share * kWidth);
    const Metrics m = at.trainer.running();
    const double left = at.seconds / share * (at.epochs - at.epoch + 1) - at.seconds;
    put("\r" + label(at) + " [" + std::string(full, '#') + std::string(kWidth - full, '.') + "]" +
        figures("", m.loss, m.accuracy) +
        print("  %.0f samples/s  %.0f s left", static_cast<double>(at.samples) / at.seconds, left) + "\x1b[K");
  }
  void on_epoch(FitState& at) override {
    const Epoch& e = at.history.epochs.back();
    spent_ += e.seconds;
    std::string line = label(at) + figures("", e.loss, e.accuracy);
    if (!std::isnan(e.validation_loss)) line += figures("val_", e.validation_loss, e.validation_accuracy);
    for (const auto& [name, value] : e.validation_metrics) line += "  val_" + name + print(" %.4f", value);
    const double left = spent_ / at.epoch * (at.epochs - at.epoch);
    line += print("  %.0f samples/s  %.1f s left", e.samples_per_second, left);
    put((terminal_ ? "\r" : "") + line + (terminal_ ? "\x1b[K\n" : "\n"));
  }

 private:
  static std::string label(const FitState& at) { return print("epoch %*d/%d", 3, at.epoch, at.epochs); }
  static void put(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }
  const bool terminal_ = isatty(STDOUT_FILENO) != 0;
  double spent_ = 0, drawn_ = 0;
};

}  // namespace

std::shared_ptr<Callback> callbacks::progress() { return std::make_shared<Progress>(); }

}  // namespace weft
