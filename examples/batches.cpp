// SPDX-License-Identifier: Apache-2.0
// Gradient descent with all rows, one row, and a mini-batch per update: the loss against epochs and against time.
// usage: batches [epochs] [device] [--seed N] [--out FOLDER]
#include <cstdio>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

struct Curve {
  std::vector<double> loss, seconds;  // after each epoch; the time of all epochs so far
};

Curve descend(const Options& options, const weft::Dataset& rows, std::int64_t batch_size, double rate) {
  weft::Sequential model{weft::Linear(64, 32), weft::Tanh(), weft::Linear(32, 10)};
  weft::Trainer trainer(model, weft::CrossEntropy(), weft::SGD{.lr = rate},
                        {.device = weft::default_device(), .seed = options.seed});
  trainer.prepare(rows, batch_size);
  // The loss of all rows after an epoch, rather than the mean of the losses while it ran.
  const weft::History history = trainer.fit(
      rows, {.epochs = static_cast<int>(options.length), .batch_size = batch_size, .validation = rows, .quiet = true});
  Curve curve;
  double seconds = 0;
  for (const weft::Epoch& epoch : history.epochs) {
    curve.loss.push_back(epoch.validation_loss);
    curve.seconds.push_back(seconds += epoch.seconds);
  }
  return curve;
}

bool learn(const Options& options) {
  const weft::Dataset rows = weft::data::digits().train;
  // Each with the best rate of 1, 0.5, 0.2, 0.1, ... : the noisier the gradient, the smaller the rate must be.
  struct Way {
    const char* name;
    std::int64_t batch_size;
    double rate;
  };
  std::vector<weft::plot::Line> by_epoch, by_time;
  for (const Way& way : {Way{"all rows", rows.size(), 1.0}, Way{"one row", 1, 0.02}, Way{"32 rows", 32, 0.5}}) {
    const Curve curve = descend(options, rows, way.batch_size, way.rate);
    std::printf("%-8s  rate %.2f  loss %.4f after %zu epochs and %.2f s\n", way.name, way.rate, curve.loss.back(),
                curve.loss.size(), curve.seconds.back());
    by_epoch.push_back({way.name, curve.loss});
    by_time.push_back({way.name, curve.loss, curve.seconds});
  }
  weft::plot::lines(by_epoch, options.out / "batches_by_epoch.svg",
                    {.title = "Rows per update", .x = "epoch", .y = "loss of all rows", .log_y = true});
  weft::plot::lines(
      by_time, options.out / "batches_by_time.svg",
      {.title = "Rows per update", .x = "seconds", .y = "loss of all rows", .log_x = true, .log_y = true});
  const double all = by_epoch[0].y.back(), one = by_epoch[1].y.back(), some = by_epoch[2].y.back();
  std::printf("loss of all rows / loss of 32 rows: %.0f (bar: 10)\n", all / some);
  return all > 10 * some && all > 10 * one;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 20}, learn); }
