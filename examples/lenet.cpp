// SPDX-License-Identifier: Apache-2.0
// LeNet-5, with ReLU and dropout, on handwritten digits, and pictures of what its first filters look like and answer
// to. Source of the net: LeCun, Bottou, Bengio and Haffner 1998. usage: lenet [epochs] [device] [--data FOLDER of
// MNIST's files] [--seed N] [--out FOLDER] [--dry-run] [--explain]
#include <cstdint>
#include <cstdio>
#include <vector>

#include "handwritten.h"
#include "options.h"
#include "weft/weft.h"

namespace {

weft::Sequential lenet() {
  return weft::Sequential{weft::Conv2d(1, 6, 5, {.padding = 2}),
                          weft::ReLU(),
                          weft::MaxPool2d(2),
                          weft::Conv2d(6, 16, 5),
                          weft::ReLU(),
                          weft::MaxPool2d(2),
                          weft::Flatten(),
                          weft::Linear(16 * 5 * 5, 120),
                          weft::ReLU(),
                          weft::Dropout(0.4),
                          weft::Linear(120, 84),
                          weft::ReLU(),
                          weft::Linear(84, 10)};
}

// Values of each image (n, h, w) stretched over [0, 1].
weft::Tensor stretched(const weft::Tensor& x) {
  const weft::Tensor low = weft::min(x, {1, 2}, true), high = weft::max(x, {1, 2}, true);
  return (x - low) / (high - low + 1e-6);
}

// A row for each of six digits: the digit, then what each filter of the first layer makes of it. Above them the
// filters.
void draw_filters(weft::Sequential& model, const weft::Tensor& images, const std::filesystem::path& out) {
  const weft::Conv2d& first = model.get<weft::Conv2d>(0);
  const weft::Tensor filters = first.weight.value().reshape({6, 5, 5});
  weft::plot::images(stretched(filters), out / "lenet_filters.svg", 6, {.title = "Six filters of 5x5 pixels"});

  const weft::Tensor some = images[{0, 6}].to(first.weight.device());
  const weft::Tensor answers = weft::relu(first(some)).permute({0, 3, 1, 2});  // (6, filters, 28, 28)
  const weft::Tensor rows = weft::concat({some.permute({0, 3, 1, 2}), answers}, 1);
  weft::plot::images(stretched(rows.reshape({6 * 7, 28, 28})), out / "lenet_answers.svg", 7,
                     {.title = "Digits, and where each filter answers"});
}

bool learn(const Options& options) {
  const weft::Split digits = handwritten(options.data);
  weft::Sequential model = lenet();
  std::printf("%s", weft::summary(model, {{.shape = {64, 28, 28, 1}}}).text().c_str());
  const std::int64_t updates = options.length * ((digits.train.size() + 63) / 64);
  weft::Trainer trainer(model, weft::CrossEntropy(),
                        weft::AdamW{.lr = weft::schedule::warmup_cosine(4e-3, updates / 10, updates)},
                        {.device = weft::default_device(), .seed = options.seed});
  trainer.fit(digits.train, {.epochs = static_cast<int>(options.length), .batch_size = 64, .validation = digits.test});
  const double accuracy = trainer.evaluate(digits.test).accuracy;
  const double bar = options.data.empty() ? 0.97 : 0.98;  // the built-in digits have 8x8 pixels
  std::printf("test accuracy %.2f %% (bar: %.0f %%)\n", 100 * accuracy, 100 * bar);
  draw_filters(model, digits.test.column(0), options.out);
  return accuracy >= bar;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 25}, learn); }
