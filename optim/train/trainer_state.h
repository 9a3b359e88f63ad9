// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/checkpoint.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/loader.h"
#include "weft/random.h"
#include "weft/trainer.h"

namespace weft::detail {

// Sums over rows that a program adds to on the device.
struct RunningMetrics {
  explicit RunningMetrics(Device device);
  // Traced: adds a batch's mean loss and how many of its rows are right.
  void add(const Tensor& loss, const Tensor& output, const Tensor& target);
  void reset();
  Metrics read() const;  // waits

  Variable loss, rows, correct;
  Variable classified;  // rows with a class index as target
};

// Sets every module's mode and puts it back, also when an exception ends the call.
class [[nodiscard]] ModeScope {
 public:
  ModeScope(ModuleRef module, bool training);
  ~ModeScope();
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  ModuleRef module_;
  std::vector<bool> before_;
};

// Epochs trained since the beginning, resumed ones included.
struct EpochCount {
  std::int64_t value = 0;
};
inline std::vector<Saved> saved(EpochCount& count) {
  return {saved_number(
      "epochs", [&count] { return count.value; }, [&count](std::int64_t value) { count.value = value; })};
}

struct TrainerState {
  // The options have a seed.
  TrainerState(TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options);

  void train_batch(const Tensor& x, const Tensor& y);
  // Throws DataError once a loss or a gradient of this epoch was not finite.
  void check_finite(const Dataset& data, const LoaderOptions& order);
  // Throws the DataError of a kernel again with the batch and the column of the data that it comes from.
  [[noreturn]] void blame_batch(const DataError& error, const char* op, const Dataset& data, const LoaderOptions& order,
                                std::int64_t epoch);
  void reset_epoch();
  // Makes the update of accumulated batches that are too few for one.
  void finish_update();
  Checkpoint everything();

  TrainerParts parts;
  TrainerOptions options;
  Generator generator;
  Optimizer optimizer;
  RunningMetrics training, evaluation;
  Variable batch, first_bad;  // ordinals in the epoch, from 0; first_bad is -1 while there is none
  EpochCount epochs_done;
  std::int64_t waiting = 0;         // batches accumulated since the last update
  std::int64_t skipped_before = 0;  // the optimizer's count when the epoch began
  Compiled<void(Tensor, Tensor)> step;
  Compiled<void(Tensor, Tensor)> evaluate_step;
  Compiled<Tensor(Tensor)> forward;

 private:
  void trace_step(const Tensor& x, const Tensor& y);
};

// The first tensor of a batch that is not finite, in the order of computation: "column 0 of the training data, row 17",
// "parameter 2.weight", "output of 2 (Linear)", "the loss", "the gradient of 2.weight".
std::string first_bad_tensor(TrainerState& state, const Dataset& data, const std::vector<Tensor>& batch);

}  // namespace weft::detail
