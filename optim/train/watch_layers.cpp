// SPDX-License-Identifier: Apache-2.0
// Callbacks that look at the layers: reports, and warnings of a run that goes wrong, with the likely cure.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/callbacks.h"
#include "weft/dataset.h"
#include "weft/layer_report.h"
#include "weft/log.h"
#include "weft/source.h"
#include "weft/trainer.h"

namespace weft {
namespace {

constexpr std::int64_t kRows = 256;
constexpr std::int64_t kFewest = 16;  // rows below which a unit may well be 0 by chance

Dataset first_rows(const Source& data) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(std::min(data.size(), kRows)));
  std::iota(rows.begin(), rows.end(), 0);
  return Dataset(data.rows(rows));
}

std::string named(const LayerStatistics& layer) {
  return (layer.path.empty() ? "the model" : "layer " + layer.path) + " (" + layer.type + ")";
}

std::string percent(double share) { return std::to_string(std::lround(100 * share)) + " %"; }

std::string factor(double x) {
  std::ostringstream out;
  out.precision(2);
  out << x;
  return out.str();
}

class WatchLayers : public Callback {
 public:
  WatchLayers(const Source& data, std::function<void(int, const LayerReport&)> listen, int every)
      : rows_(first_rows(data)), listen_(std::move(listen)), every_(every) {}
  void on_epoch(FitState& at) override {
    const int epoch = at.history.epochs.back().number;
    if (epoch % every_ == 0) listen_(epoch, at.trainer.layer_report(rows_));
  }

 private:
  Dataset rows_;
  std::function<void(int, const LayerReport&)> listen_;
  int every_;
};

class Warnings : public Callback {
 public:
  explicit Warnings(const Source& data) : rows_(first_rows(data)) {}

  void on_train_begin(FitState&) override { said_.clear(); }
  void on_epoch(FitState& at) override {
    look_at_loss(at.history);
    // Doubling distances, because trouble shows early and each look costs a trace.
    const int epoch = at.history.epochs.back().number;
    if ((epoch & (epoch - 1)) == 0) look_at_layers(at.trainer.layer_report(rows_).layers);
  }

 private:
  // Each kind of trouble is told once in a run.
  void say(const char* kind, const std::string& message) {
    if (said_.insert(kind).second) log(LogLevel::kWarning, "fit: " + message);
  }

  void look_at_loss(const History& history) {
    constexpr std::size_t kEpochs = 5;
    constexpr double kShare = 1e-3;
    if (history.epochs.size() != kEpochs) return;
    const double first = history.epochs.front().loss;
    double best = first;
    for (const Epoch& e : history.epochs) best = std::fmin(best, e.loss);
    if (first == 0 || first - best >= kShare * std::abs(first)) return;
    say("loss",
        "the loss has not fallen by 0.1 % in 5 epochs: try another rate (too small a rate does nothing, too "
        "big a one does not settle), and see that inputs are standardized and belong to their targets");
  }

  void look_at_layers(const std::vector<LayerStatistics>& layers) {
    if (rows_.size() >= kFewest) {
      for (const LayerStatistics& layer : layers)
        if (layer.dead >= 0.5)
          say("dead", percent(layer.dead) + " of the units of " + named(layer) +
                          " are 0 for every row, so that nothing moves them: a smaller rate, leaky_relu or gelu, or He "
                          "initialization keeps units alive");
    }
    // Layers whose gradient is 0 are dead, or behind a dead one.
    std::vector<const LayerStatistics*> reached;
    for (const LayerStatistics& layer : layers)
      if (layer.weight_gradients > 0 && layer.weights > 0) reached.push_back(&layer);
    if (reached.size() < 2) return;
    const double ratio = reached.front()->gradient / reached.back()->gradient;
    const std::string ends = named(*reached.front()) + " to that by " + named(*reached.back()) + " is ";
    if (ratio < 1e-4)
      say("vanishing", "the gradient vanishes: the ratio of that by the output of " + ends + factor(ratio) +
                           "; relu or gelu instead of sigmoid or tanh, batch norm, residual sums, or He "
                           "initialization keep it");
    if (ratio > 1e4)
      say("exploding",
          "the gradient explodes: the ratio of that by the output of " + ends + factor(ratio) +
              "; smaller initial weights, batch norm, a smaller rate, or clip_norm of the optimizer hold it");
  }

  Dataset rows_;
  std::set<std::string> said_;
};

}  // namespace

std::shared_ptr<Callback> callbacks::layer_report(const Source& data,
                                                  std::function<void(int, const LayerReport&)> listen, int every) {
  if (!listen) fail<ValueError>("layer_report", "there is no function to call; give one");
  if (every < 1) fail<ValueError>("layer_report", "every is ", every, "; it must be positive");
  return std::make_shared<WatchLayers>(data, std::move(listen), every);
}

std::shared_ptr<Callback> callbacks::warnings(const Source& data) { return std::make_shared<Warnings>(data); }

}  // namespace weft
