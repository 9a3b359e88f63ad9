// SPDX-License-Identifier: Apache-2.0
// Loss curves in f32, bf16 and f16 over many seeds, as JSON: whether rounding can be told from another seed. Committed
// runs lie in bench/curves.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "weft/weft.h"

namespace {

using weft::Precision;

constexpr std::pair<const char*, Precision> kPrecisions[] = {
    {"f32", Precision::kF32}, {"bf16", Precision::kBF16}, {"f16", Precision::kF16}};

// One figure of many runs.
struct Spread {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double x) { sum += x, squares += x * x, ++count; }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(std::max(0.0, (squares - sum * sum / count) / std::max(1, count - 1))); }
};

struct Task {
  std::string name;
  weft::Dataset train, test;
  int epochs;
  std::int64_t batch_size;
};

struct Curves {
  std::vector<Spread> loss, test_loss;  // per epoch
  Spread accuracy;                      // accuracy on the test set, at the end
};

Curves run(const Task& task, Precision precision, int seeds) {
  Curves out;
  out.loss.resize(static_cast<std::size_t>(task.epochs));
  out.test_loss.resize(static_cast<std::size_t>(task.epochs));
  for (int seed = 1; seed <= seeds; ++seed) {
    weft::Sequential model{weft::Linear(task.train.column(0).dim(1), 128), weft::BatchNorm(128), weft::ReLU(),
                           weft::Dropout(0.2), weft::Linear(128, 10)};
    weft::Trainer trainer(model, weft::CrossEntropy(), weft::AdamW{.lr = 3e-3},
                          {.seed = static_cast<std::uint64_t>(seed), .precision = precision});
    const weft::History history = trainer.fit(
        task.train, {.epochs = task.epochs, .batch_size = task.batch_size, .validation = task.test, .quiet = true});
    for (std::size_t e = 0; e < history.epochs.size(); ++e) {
      out.loss[e].add(history.epochs[e].loss);
      out.test_loss[e].add(history.epochs[e].validation_loss);
    }
    out.accuracy.add(history.epochs.back().validation_accuracy);
  }
  return out;
}

std::string numbers(const std::vector<Spread>& curve, double (Spread::*figure)() const) {
  std::string text;
  for (const Spread& s : curve) {
    char one[32];
    std::snprintf(one, sizeof one, "%s%.5f", text.empty() ? "" : ", ", (s.*figure)());
    text += one;
  }
  return "[" + text + "]";
}

void print(const Curves& c, const char* precision, bool last) {
  std::printf("    \"%s\": {\n      \"loss\": %s,\n      \"loss_deviation\": %s,\n", precision,
              numbers(c.loss, &Spread::mean).c_str(), numbers(c.loss, &Spread::deviation).c_str());
  std::printf("      \"test_loss\": %s,\n      \"test_loss_deviation\": %s,\n",
              numbers(c.test_loss, &Spread::mean).c_str(), numbers(c.test_loss, &Spread::deviation).c_str());
  std::printf("      \"test_accuracy\": %.5f, \"test_accuracy_deviation\": %.5f\n    }%s\n", c.accuracy.mean(),
              c.accuracy.deviation(), last ? "" : ",");
  std::fflush(stdout);
}

weft::Dataset flat(const weft::Dataset& data) {
  return weft::Dataset({data.column(0).reshape({data.size(), -1}), data.column(1)});
}

std::vector<Task> tasks(const std::filesystem::path& mnist) {
  const weft::Split digits = weft::data::digits();
  std::vector<Task> out{{"digits", digits.train, digits.test, 10, 64}};
  if (mnist.empty()) return out;
  // Most of the test images are trained on, which is enough to tell precisions apart.
  const weft::Split images = flat(weft::data::mnist(mnist, false)).split(0.8, 1);
  out.push_back({"mnist-t10k", images.train, images.test, 5, 128});
  return out;
}

}  // namespace

int main(int argc, char** argv) try {
  int seeds = 20;
  std::filesystem::path mnist;
  CLI::App app("Loss curves in f32, bf16 and f16 over many seeds, as JSON.", "bench_precision");
  app.add_option("--seeds", seeds, "runs of each precision")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--mnist", mnist, "directory with the MNIST test files: train on them as well");
  CLI11_PARSE(app, argc, argv);
  const weft::Device device = weft::default_device();
  std::printf("{\n  \"device\": \"%s\", \"weft\": \"%s\", \"seeds\": %d", device.describe().c_str(), WEFT_VERSION,
              seeds);
  for (const Task& task : tasks(mnist)) {
    std::printf(",\n  \"%s\": {\n", task.name.c_str());
    for (const auto& [name, precision] : kPrecisions)
      print(run(task, precision, seeds), name, precision == Precision::kF16);
    std::printf("  }");
  }
  std::printf("\n}\n");
  return 0;
} catch (const weft::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
