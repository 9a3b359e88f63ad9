// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "weft/callbacks.h"
#include "weft/file.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json to_json(const Epoch& e) {
  Json out{{"epoch", e.number},
           {"loss", number(e.loss)},
           {"accuracy", number(e.accuracy)},
           {"validation_loss", number(e.validation_loss)},
           {"validation_accuracy", number(e.validation_accuracy)},
           {"seconds", number(e.seconds)},
           {"samples_per_second", number(e.samples_per_second)},
           {"lr", number(e.lr)}};
  for (const auto& [name, value] : e.validation_metrics) out["validation_" + name] = number(value);
  return out;
}

class HistoryWriter : public Callback {
 public:
  explicit HistoryWriter(std::filesystem::path path) : path_(std::move(path)) {}

  void on_train_begin(FitState& at) override { write(at.history); }
  void on_epoch(FitState& at) override { write(at.history); }

 private:
  void write(const History& history) const {
    Json out{{"best_validation_loss", number(history.best_validation_loss)}, {"epochs", Json::array()}};
    for (const Epoch& e : history.epochs) out["epochs"].push_back(to_json(e));
    replace_file(path_, out.dump(2) + "\n", "write_history");
  }
  std::filesystem::path path_;
};

}  // namespace

std::shared_ptr<Callback> callbacks::write_history(std::filesystem::path path) {
  return std::make_shared<HistoryWriter>(std::move(path));
}

}  // namespace weft
