// SPDX-License-Identifier: Apache-2.0
#include "weft/callbacks.h"

#include <cmath>
#include <deque>
#include <string>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "weft/serialize.h"
#include "weft/trainer.h"

namespace weft {
namespace {

// The loss that a run is judged by.
double judged(const Epoch& epoch) { return std::isnan(epoch.validation_loss) ? epoch.loss : epoch.validation_loss; }

class EarlyStopping : public Callback {
 public:
  EarlyStopping(int patience, double min_delta) : patience_(patience), min_delta_(min_delta) {}

  void on_train_begin(FitState&) override {
    best_ = std::numeric_limits<double>::infinity();
    waited_ = 0;
    values_.clear();
  }
  void on_epoch(FitState& at) override {
    const double loss = judged(at.history.epochs.back());
    if (loss < best_ - min_delta_) {
      best_ = loss;
      waited_ = 0;
      values_.clear();
      for (const StateEntry& entry : at.trainer.model().state_dict())
        values_.emplace_back(entry.variable, entry.variable.value());
    } else if (++waited_ >= patience_) {
      at.stop = true;
    }
  }
  void on_train_end(FitState&) override {
    for (const auto& [variable, value] : values_) variable.assign(value);
    values_.clear();
  }

 private:
  int patience_, waited_ = 0;
  double min_delta_, best_ = 0;
  std::vector<std::pair<Variable, Tensor>> values_;
};

class CheckpointWriter : public Callback {
 public:
  CheckpointWriter(std::filesystem::path directory, int keep) : directory_(std::move(directory)), keep_(keep) {}

  void on_train_begin(FitState& at) override {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error || !std::filesystem::is_directory(directory_))
      fail_at<FormatError>("checkpoint", directory_.string(), "the directory cannot be made: ", error.message());
    best_ = std::numeric_limits<double>::infinity();
    written_.clear();
    // Proves now, not after an hour of training, that files can be written here.
    const auto probe = directory_ / "writable.safetensors";
    weft::save(at.trainer.model(), probe);
    std::filesystem::remove(probe, error);
  }
  void on_epoch(FitState& at) override {
    const Epoch& epoch = at.history.epochs.back();
    std::string number = std::to_string(epoch.number);
    number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
    written_.push_back(directory_ / ("epoch-" + number + ".safetensors"));
    at.trainer.save(written_.back());
    while (written_.size() > static_cast<std::size_t>(keep_)) {
      std::error_code ignored;  // someone else may have removed it
      std::filesystem::remove(written_.front(), ignored);
      written_.pop_front();
    }
    if (judged(epoch) < best_) {
      best_ = judged(epoch);
      weft::save(at.trainer.model(), directory_ / "best.safetensors");
    }
  }

 private:
  std::filesystem::path directory_;
  int keep_;
  double best_ = 0;
  std::deque<std::filesystem::path> written_;
};

void check_positive(const char* op, const char* what, int given) {
  if (given < 1) fail<ValueError>(op, what, " is ", given, "; it must be positive");
}

}  // namespace

Callback::~Callback() = default;

namespace callbacks {

std::shared_ptr<Callback> early_stopping(int patience, double min_delta) {
  check_positive("early_stopping", "patience", patience);
  return std::make_shared<EarlyStopping>(patience, min_delta);
}

std::shared_ptr<Callback> checkpoint(std::filesystem::path directory, int keep) {
  check_positive("checkpoint", "keep", keep);
  return std::make_shared<CheckpointWriter>(std::move(directory), keep);
}

}  // namespace callbacks
}  // namespace weft
