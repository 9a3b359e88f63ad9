// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "weft/callbacks.h"
#include "weft/event_file.h"

namespace weft {
namespace {

class EventLog : public Callback {
 public:
  explicit EventLog(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void on_train_begin(FitState& at) override {
    if (at.history.epochs.empty()) {
      writer_.emplace(directory_);
    } else {  // resumed: what was trained behind the checkpoint is trained again
      writer_.emplace(directory_, at.history.epochs.back().number + 1);
    }
  }
  void on_epoch(FitState& at) override {
    const Epoch& e = at.history.epochs.back();
    add("loss/training", e, e.loss);
    add("loss/validation", e, e.validation_loss);
    add("accuracy/training", e, e.accuracy);
    add("accuracy/validation", e, e.validation_accuracy);
    for (const auto& [name, value] : e.validation_metrics) add(name + "/validation", e, value);
    add("learning_rate", e, e.lr);
  }
  void on_train_end(FitState&) override {
    writer_->flush();
    writer_.reset();
  }

 private:
  // A figure that an epoch does not have is NaN.
  void add(const std::string& tag, const Epoch& epoch, double value) {
    if (!std::isnan(value)) writer_->scalar(tag, epoch.number, value);
  }
  std::filesystem::path directory_;
  std::optional<EventWriter> writer_;  // of the run under way
};

}  // namespace

std::shared_ptr<Callback> callbacks::tensorboard(std::filesystem::path directory) {
  return std::make_shared<EventLog>(std::move(directory));
}

}  // namespace weft
