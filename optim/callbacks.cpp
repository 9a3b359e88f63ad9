// SPDX-License-Identifier: Apache-2.0
#include "weft/callbacks.h"

#include <cmath>
#include <deque>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "weft/error.h"
#include "weft/serialize.h"

namespace weft {
namespace {

double watched(const Epoch& epoch) { return std::isnan(epoch.validation_loss) ? epoch.loss : epoch.validation_loss; }

class EarlyStopping : public Callback {
 public:
  EarlyStopping(int patience, double min_delta) : patience_(patience), min_delta_(min_delta) {}

  void on_begin(Trainer&, int) override {
    best_ = std::numeric_limits<double>::infinity();
    waited_ = 0;
    weights_.clear();
  }
  void on_epoch(Trainer& trainer, const Epoch& epoch) override {
    if (watched(epoch) < best_ - min_delta_) {
      best_ = watched(epoch);
      waited_ = 0;
      weights_.clear();
      for (const StateEntry& entry : trainer.model().state_dict()) weights_.push_back(entry.variable.value());
    } else if (++waited_ >= patience_) {
      trainer.stop();
    }
  }
  void on_end(Trainer& trainer) override {
    const auto entries = trainer.model().state_dict();
    for (std::size_t i = 0; i < weights_.size(); ++i) entries[i].variable.assign(weights_[i]);
  }

 private:
  int patience_;
  double min_delta_;
  double best_ = 0;
  int waited_ = 0;
  std::vector<Tensor> weights_;
};

class Checkpoints : public Callback {
 public:
  Checkpoints(std::filesystem::path directory, int keep) : directory_(std::move(directory)), keep_(keep) {}

  void on_begin(Trainer&, int) override {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    std::ofstream probe(directory_ / ".writable");
    if (error || !probe) throw FormatError("checkpoint", directory_.string(), "the directory cannot be written");
    probe.close();
    std::filesystem::remove(directory_ / ".writable", error);
    best_ = std::numeric_limits<double>::infinity();
  }
  void on_epoch(Trainer& trainer, const Epoch& epoch) override {
    const auto file = directory_ / ("epoch-" + std::to_string(epoch.number) + ".safetensors");
    save(trainer.model(), file);
    kept_.push_back(file);
    for (; static_cast<int>(kept_.size()) > keep_; kept_.pop_front()) {
      std::error_code ignored;  // a file that is gone already is no failure of training
      std::filesystem::remove(kept_.front(), ignored);
    }
    if (!(watched(epoch) < best_)) return;
    best_ = watched(epoch);
    save(trainer.model(), directory_ / "best.safetensors");
  }

 private:
  std::filesystem::path directory_;
  int keep_;
  double best_ = 0;
  std::deque<std::filesystem::path> kept_;
};

class HistoryFile : public Callback {
 public:
  explicit HistoryFile(std::filesystem::path path) : path_(std::move(path)) {}

  void on_begin(Trainer&, int) override { epochs_ = nlohmann::json::array(); }
  void on_epoch(Trainer&, const Epoch& e) override {
    // NaN has no place in JSON: such figures are left out.
    nlohmann::json row{{"epoch", e.number}, {"seconds", e.seconds}, {"samples_per_second", e.samples_per_second}};
    const auto put = [&](const char* name, double value) {
      if (std::isfinite(value)) row[name] = value;
    };
    put("loss", e.loss);
    put("accuracy", e.accuracy);
    put("validation_loss", e.validation_loss);
    put("validation_accuracy", e.validation_accuracy);
    epochs_.push_back(std::move(row));
    std::ofstream out(path_);
    out << nlohmann::json{{"epochs", epochs_}}.dump(2) << "\n";
    if (!out.flush()) throw FormatError("history_file", path_.string(), "the file cannot be written");
  }

 private:
  std::filesystem::path path_;
  nlohmann::json epochs_;
};

}  // namespace

Callback::~Callback() = default;
void Callback::on_begin(Trainer&, int) {}
void Callback::on_batch(const BatchEvent&) {}
void Callback::on_epoch(Trainer&, const Epoch&) {}
void Callback::on_end(Trainer&) {}

std::shared_ptr<Callback> early_stopping(int patience, double min_delta) {
  if (patience < 1)
    throw ValueError("early_stopping", "", "patience is " + std::to_string(patience) + "; it must be positive");
  return std::make_shared<EarlyStopping>(patience, min_delta);
}
std::shared_ptr<Callback> checkpoint(std::filesystem::path directory, int keep) {
  if (keep < 1) throw ValueError("checkpoint", "", "keep is " + std::to_string(keep) + "; it must be positive");
  return std::make_shared<Checkpoints>(std::move(directory), keep);
}
std::shared_ptr<Callback> history_file(std::filesystem::path path) {
  return std::make_shared<HistoryFile>(std::move(path));
}

}  // namespace weft
