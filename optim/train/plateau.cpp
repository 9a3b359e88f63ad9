// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "core/base/check.h"
#include "optim/train/monitor.h"
#include "weft/callbacks.h"
#include "weft/device.h"
#include "weft/error.h"
#include "weft/trainer.h"

namespace weft {
namespace {

class ReduceOnPlateau : public Callback {
 public:
  explicit ReduceOnPlateau(callbacks::PlateauOptions options) : options_(std::move(options)) {}

  void on_train_begin(FitState&) override {
    best_ = std::numeric_limits<double>::infinity();
    waited_ = resting_ = reductions_ = 0;
  }
  void on_epoch(FitState& at) override {
    const double figure = detail::judged(at.history.epochs.back(), options_.monitor, "reduce_on_plateau");
    if (figure < best_ - options_.min_delta) {
      best_ = figure;
      waited_ = 0;
    } else if (resting_ > 0) {
      --resting_;
    } else if (++waited_ >= options_.patience && (options_.most == 0 || reductions_ < options_.most)) {
      at.trainer.optimizer().scale_lr(options_.factor);
      ++reductions_;
      waited_ = 0;
      resting_ = options_.cooldown;
    }
  }
  std::map<std::string, Tensor> state_dict() const override {
    const DeviceScope here(Device::cpu());
    return {{"best", Tensor::scalar(best_)},
            {"waited", Tensor::scalar(waited_)},
            {"resting", Tensor::scalar(resting_)},
            {"reductions", Tensor::scalar(reductions_)}};
  }
  void load_state_dict(const std::map<std::string, Tensor>& state) override {
    best_ = detail::number_in(state, "best");
    waited_ = detail::state_of(state, "waited", DType::kI64, 0).item<std::int64_t>();
    resting_ = detail::state_of(state, "resting", DType::kI64, 0).item<std::int64_t>();
    reductions_ = detail::state_of(state, "reductions", DType::kI64, 0).item<std::int64_t>();
  }

 private:
  callbacks::PlateauOptions options_;
  double best_ = 0;
  std::int64_t waited_ = 0, resting_ = 0, reductions_ = 0;
};

void check(bool holds, const char* name, double value, const char* rule) {
  if (!holds) fail<ValueError>("reduce_on_plateau", name, " is ", value, "; it must be ", rule);
}

}  // namespace

std::shared_ptr<Callback> callbacks::reduce_on_plateau(const PlateauOptions& options) {
  check(options.factor > 0 && options.factor < 1, "factor", options.factor, "in (0, 1)");
  check(options.patience > 0, "patience", options.patience, "positive");
  check(options.min_delta >= 0, "min_delta", options.min_delta, "0 or more");
  check(options.cooldown >= 0, "cooldown", options.cooldown, "0 or more");
  check(options.most >= 0, "most", options.most, "0 or more");
  return std::make_shared<ReduceOnPlateau>(options);
}

}  // namespace weft
