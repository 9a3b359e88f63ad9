// SPDX-License-Identifier: Apache-2.0
// Overfitting and its cures: a wide net on few rows, and the loss of rows that it has not seen.
// usage: overfitting [epochs] [device] [--seed N] [--out FOLDER]
#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

struct Cure {
  const char* name;
  double noise = 0, dropout = 0, weight_decay = 0;
  int patience = 0;  // of early stopping; 0: none
  bool all_rows = false;
};

weft::Sequential net(const Cure& cure) {
  return weft::Sequential{weft::GaussianNoise(cure.noise), weft::Linear(64, 256),  weft::ReLU(),
                          weft::Dropout(cure.dropout),     weft::Linear(256, 256), weft::ReLU(),
                          weft::Dropout(cure.dropout),     weft::Linear(256, 10)};
}

struct Outcome {
  weft::History history;
  weft::Metrics unseen;  // of the model as training leaves it
};

Outcome train(const Options& options, const weft::Dataset& rows, const weft::Dataset& unseen, const Cure& cure) {
  weft::Sequential model = net(cure);
  weft::Trainer trainer(model, weft::CrossEntropy(), weft::AdamW{.lr = 2e-3, .weight_decay = cure.weight_decay},
                        {.device = weft::default_device(), .seed = options.seed});
  std::vector<std::shared_ptr<weft::Callback>> callbacks;
  if (cure.patience > 0) callbacks.push_back(weft::callbacks::early_stopping(cure.patience));
  weft::History history = trainer.fit(rows, {.epochs = static_cast<int>(options.length),
                                             .batch_size = 50,
                                             .validation = unseen,
                                             .callbacks = callbacks,
                                             .quiet = true});
  return {std::move(history), trainer.evaluate(unseen)};
}

// One label in five is drawn anew.
weft::Dataset mislabeled(const weft::Dataset& rows) {
  const weft::Tensor labels = rows.column(1).to(weft::default_device());
  const weft::Tensor wrong = weft::uniform(labels.shape()) < 0.2;
  return weft::Dataset({rows.column(0), weft::where(wrong, weft::randint(0, 10, labels.shape()), labels)});
}

bool learn(const Options& options) {
  const weft::Split digits = weft::data::digits();
  const weft::Dataset all = mislabeled(digits.train),
                      few = mislabeled(digits.train.split(200.0 / 1437, options.seed).train);
  std::vector<weft::plot::Line> lines;
  std::vector<double> losses;
  std::printf("cure            training loss  validation loss   lowest  accuracy\n");
  for (const Cure& cure :
       {Cure{"no cure"}, Cure{.name = "weight decay", .weight_decay = 1}, Cure{.name = "dropout", .dropout = 0.5},
        Cure{.name = "input noise", .noise = 0.3}, Cure{.name = "early stopping", .patience = 5},
        Cure{.name = "more rows", .all_rows = true}}) {
    const Outcome outcome = train(options, cure.all_rows ? all : few, digits.test, cure);
    std::printf("%-14s  %13.4f  %15.4f  %7.4f  %6.2f %%\n", cure.name, outcome.history.epochs.back().loss,
                outcome.unseen.loss, outcome.history.best_validation_loss, 100 * outcome.unseen.accuracy);
    weft::plot::Line line{cure.name, {}};
    for (const weft::Epoch& epoch : outcome.history.epochs) line.y.push_back(epoch.validation_loss);
    lines.push_back(line);
    losses.push_back(outcome.unseen.loss);
  }
  weft::plot::lines(lines, options.out / "overfitting.svg",
                    {.title = "Rows that the net has not seen", .x = "epoch", .y = "validation loss", .log_y = true});
  const double worst = *std::max_element(losses.begin() + 1, losses.end());
  std::printf("%.4f without a cure, %.4f with the weakest of them (bar: less)\n", losses[0], worst);
  return worst < losses[0];
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 100}, learn); }
