// SPDX-License-Identifier: Apache-2.0
#include "weft/callbacks.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "optim/train/epoch_files.h"
#include "optim/train/monitor.h"
#include "weft/device.h"
#include "weft/serialize.h"
#include "weft/trainer.h"

namespace weft {
namespace {

using detail::judged;
using detail::number_in;
using detail::state_of;

class EarlyStopping : public Callback {
 public:
  EarlyStopping(int patience, double min_delta, callbacks::Monitor monitor)
      : patience_(patience), min_delta_(min_delta), monitor_(std::move(monitor)) {}

  void on_train_begin(FitState&) override {
    best_ = std::numeric_limits<double>::infinity();
    waited_ = 0;
    values_.clear();
  }
  void on_epoch(FitState& at) override {
    const double figure = judged(at.history.epochs.back(), monitor_, "early_stopping");
    if (figure < best_ - min_delta_) {
      best_ = figure;
      waited_ = 0;
      values_.clear();
      const EvaluationScope averages(at.trainer.optimizer());
      for (const StateEntry& entry : at.trainer.model().state_dict())
        values_.emplace(entry.name, entry.variable.value());
    } else if (++waited_ >= patience_) {
      at.stop = true;
    }
  }
  void on_train_end(FitState& at) override {
    for (const StateEntry& entry : at.trainer.model().state_dict())
      if (const auto found = values_.find(entry.name); found != values_.end()) entry.variable.assign(found->second);
    // Averages would else stand in for the best values whenever the model is evaluated.
    if (!values_.empty()) detail::restart_averages(at.trainer.optimizer());
    values_.clear();
  }
  std::map<std::string, Tensor> state_dict() const override {
    const DeviceScope here(Device::cpu());
    std::map<std::string, Tensor> out{{"best", Tensor::scalar(best_)},
                                      {"waited", Tensor::scalar<std::int64_t>(waited_)}};
    for (const auto& [name, value] : values_) out.emplace(std::string(kValues) + name, value);
    return out;
  }
  void load_state_dict(const std::map<std::string, Tensor>& state) override {
    best_ = number_in(state, "best");
    waited_ = state_of(state, "waited", DType::kI64, 0).item<std::int64_t>();
    values_.clear();
    for (const auto& [name, value] : state)
      if (name.starts_with(kValues)) values_.emplace(name.substr(kValues.size()), value);
  }

 private:
  static constexpr std::string_view kValues = "values/";
  int patience_;
  std::int64_t waited_ = 0;
  double min_delta_, best_ = 0;
  callbacks::Monitor monitor_;
  std::map<std::string, Tensor> values_;  // of the best epoch, by name in the model
};

class CheckpointWriter : public Callback {
 public:
  CheckpointWriter(std::filesystem::path directory, int keep) : directory_(std::move(directory)), keep_(keep) {}

  void on_train_begin(FitState&) override {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error || !std::filesystem::is_directory(directory_))
      fail_at<FormatError>("checkpoint", directory_.string(), "the directory cannot be made: ", error.message());
    best_ = std::numeric_limits<double>::infinity();
    written_.clear();
    // Proves now, not after an hour of training, that files can be written here. The name is one that no file has.
    std::string probe = (directory_ / ".probe-XXXXXX").string();
    const int file = ::mkstemp(probe.data());
    if (file < 0)
      fail_at<FormatError>("checkpoint", directory_.string(),
                           "no file can be made in it: ", std::generic_category().message(errno));
    ::close(file);
    ::unlink(probe.c_str());
  }
  void on_epoch(FitState& at) override {
    const Epoch& epoch = at.history.epochs.back();
    written_.push_back(epoch.number);
    if (judged(epoch, {}, "checkpoint") < best_) {
      best_ = judged(epoch, {}, "checkpoint");
      const EvaluationScope averages(at.trainer.optimizer());
      weft::save(at.trainer.model(), best_file());
    }
    // Behind all changes of this callback, because its state is in the file.
    at.trainer.save(detail::epoch_file(directory_, epoch.number));
    remove_old();
  }
  std::map<std::string, Tensor> state_dict() const override {
    const DeviceScope here(Device::cpu());
    const std::vector<std::int64_t> written(written_.begin(), written_.end());
    return {{"best", Tensor::scalar(best_)}, {"written", Tensor::of(written, {std::ssize(written)})}};
  }
  void load_state_dict(const std::map<std::string, Tensor>& state) override {
    best_ = number_in(state, "best");
    const std::vector<std::int64_t> written = state_of(state, "written", DType::kI64, 1).to_vector<std::int64_t>();
    written_.assign(written.begin(), written.end());
    remove_old();  // the program may have ended before it could
  }

 private:
  std::filesystem::path best_file() const { return directory_ / "best.safetensors"; }
  void remove_old() {
    while (std::ssize(written_) > keep_) {
      std::error_code ignored;  // someone else may have removed it
      std::filesystem::remove(detail::epoch_file(directory_, written_.front()), ignored);
      written_.pop_front();
    }
  }
  std::filesystem::path directory_;
  int keep_;
  double best_ = 0;
  std::deque<std::int64_t> written_;  // epochs whose files this run has written and not removed
};

void check_positive(const char* op, const char* what, int given) {
  if (given < 1) fail<ValueError>(op, what, " is ", given, "; it must be positive");
}

}  // namespace

std::string Metrics::text() const {
  std::ostringstream out;
  out.precision(4);
  out << std::fixed << "loss " << loss;
  if (!std::isnan(accuracy)) out << ", accuracy " << accuracy;
  for (const auto& [name, value] : others) out << ", " << name << " " << value;
  return out.str();
}

Callback::~Callback() = default;

namespace callbacks {

std::shared_ptr<Callback> early_stopping(int patience, double min_delta, Monitor monitor) {
  check_positive("early_stopping", "patience", patience);
  return std::make_shared<EarlyStopping>(patience, min_delta, std::move(monitor));
}

std::shared_ptr<Callback> checkpoint(std::filesystem::path directory, int keep) {
  check_positive("checkpoint", "keep", keep);
  return std::make_shared<CheckpointWriter>(std::move(directory), keep);
}

}  // namespace callbacks
}  // namespace weft
