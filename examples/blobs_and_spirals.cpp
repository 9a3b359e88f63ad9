// SPDX-License-Identifier: Apache-2.0
// Three blobs and two spirals: softmax regression draws straight lines, a net draws curves.
// usage: blobs_and_spirals [epochs] [device] [--seed N] [--out FOLDER]
#include <cstdint>
#include <cstdio>

#include "options.h"
#include "weft/weft.h"

namespace {

weft::Sequential regression(std::int64_t classes) { return weft::Sequential{weft::Linear(2, classes)}; }

weft::Sequential net(std::int64_t classes) {
  return weft::Sequential{weft::Linear(2, 64), weft::ReLU(), weft::Linear(64, 64), weft::ReLU(),
                          weft::Linear(64, classes)};
}

// The accuracy on rows that were held out, which the picture shows on the regions that the model tells apart.
double fit(const Options& options, const char* title, const char* file, weft::Sequential model,
           const weft::data::Points& points) {
  const weft::Split rows = weft::Dataset({points.x, points.labels}).split(0.7, options.seed);
  weft::Trainer trainer(model, weft::CrossEntropy(), weft::AdamW{.lr = 1e-2, .weight_decay = 0},
                        {.device = weft::default_device(), .seed = options.seed});
  trainer.fit(rows.train, {.epochs = static_cast<int>(options.length), .batch_size = 32, .quiet = true});
  const double accuracy = trainer.evaluate(rows.test).accuracy;
  std::printf("%-32s  accuracy %6.2f %%\n", title, 100 * accuracy);
  weft::plot::decision_boundary([&](const weft::Tensor& x) { return weft::argmax(trainer.predict(x)); },
                                rows.test.column(0), rows.test.column(1), options.out / file, {.title = title});
  return accuracy;
}

bool learn(const Options& options) {
  // blobs() may put two centers close to one another; three modes of a ring are as far apart as they can be.
  const weft::data::Points blobs = weft::data::ring({.rows = 1000, .modes = 3, .spread = 0.5});
  const weft::data::Points spirals = weft::data::spirals({.rows = 1000});
  fit(options, "Blobs, softmax regression", "blobs_regression.svg", regression(3), blobs);
  const double blobs_net = fit(options, "Blobs, a net", "blobs_net.svg", net(3), blobs);
  const double line = fit(options, "Spirals, softmax regression", "spirals_regression.svg", regression(2), spirals);
  const double curve = fit(options, "Spirals, a net", "spirals_net.svg", net(2), spirals);
  std::printf("bars: 99 %% for the nets, less than 75 %% for regression on the spirals\n");
  return blobs_net >= 0.99 && curve >= 0.99 && line < 0.75;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 60}, learn); }
