// SPDX-License-Identifier: Apache-2.0
// A one-dimensional net tells sine, square, triangle and sawtooth waves apart, of any frequency and phase, behind
// noise. usage: signal [epochs] [device] [--seed N] [--out FOLDER]
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr std::int64_t kLength = 128, kClasses = 4;
constexpr const char* kNames[] = {"sine", "square", "triangle", "sawtooth"};

// Waves f32 (n, 128, 1) of 2 to 8 periods in noise of deviation 0.3, and their classes i64 (n).
weft::Dataset waves(std::int64_t count) {
  const weft::Tensor periods = weft::uniform({count, 1}, 2, 8), phase = weft::uniform({count, 1});
  const weft::Tensor time = weft::arange(kLength, weft::DType::kF32) / static_cast<double>(kLength);
  const weft::Tensor turns = periods * time + phase, part = turns - weft::floor(turns);  // in [0, 1)
  const weft::Tensor sine = weft::sin(2 * std::numbers::pi * part);
  const weft::Tensor triangle = 1 - 4 * weft::abs(part - 0.5), saw = 2 * part - 1;
  const weft::Tensor kind = weft::remainder(weft::arange(count), kClasses), each = kind.unsqueeze(1);
  const weft::Tensor clean = weft::where(
      weft::equal(each, 0), sine,
      weft::where(weft::equal(each, 1), weft::sign(sine), weft::where(weft::equal(each, 2), triangle, saw)));
  const weft::Tensor noisy = clean + 0.3 * weft::randn({count, kLength});
  return weft::Dataset({noisy.unsqueeze(2), kind});
}

weft::Sequential net() {
  return weft::Sequential{weft::Conv1d(1, 16, 7, {.padding = 3}),
                          weft::BatchNorm(16),
                          weft::ReLU(),
                          weft::MaxPool1d(2),
                          weft::Conv1d(16, 32, 5, {.padding = 2}),
                          weft::BatchNorm(32),
                          weft::ReLU(),
                          weft::MaxPool1d(2),
                          weft::Conv1d(32, 64, 5, {.padding = 2}),
                          weft::BatchNorm(64),
                          weft::ReLU(),
                          weft::GlobalAvgPool1d(),
                          weft::Linear(64, kClasses)};
}

void draw(const weft::Dataset& data, const std::filesystem::path& out) {
  std::vector<weft::plot::Line> lines;
  for (std::int64_t k = 0; k < kClasses; ++k) {
    // Each wave stands 4 below the one before it.
    const weft::Tensor wave = data.column(0)[k].reshape({kLength}) - 4.0 * static_cast<double>(k);
    lines.push_back({kNames[k], wave.to_vector<double>()});
  }
  weft::plot::lines(lines, out / "signal.svg", {.title = "A wave of each class", .x = "time"});
}

bool learn(const Options& options) {
  const weft::Dataset train = waves(4000), test = waves(1000);
  weft::Sequential model = net();
  const std::int64_t updates = options.length * ((train.size() + 63) / 64);
  weft::Trainer trainer(model, weft::CrossEntropy(), weft::AdamW{.lr = weft::schedule::cosine(3e-3, 0, updates)},
                        {.device = weft::default_device(), .seed = options.seed});
  trainer.fit(train, {.epochs = static_cast<int>(options.length), .batch_size = 64, .quiet = true});
  const double accuracy = trainer.evaluate(test).accuracy;
  std::printf("%zu kinds of waves, test accuracy %.2f %% (bar: 98 %%)\n", std::size(kNames), 100 * accuracy);
  draw(test, options.out);
  return accuracy >= 0.98;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 12}, learn); }
