// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/train/run_place.h"
#include "weft/checkpoint.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/loader.h"
#include "weft/random.h"
#include "weft/rate_finder.h"
#include "weft/trainer.h"

namespace weft::detail {

// The rows of a batch that count in means.
struct RowCounts {
  Tensor weight;  // f(): of the batch beside others
  Tensor rows;    // bool, in the targets' shape; undefined unless the targets are class indices
};

// Sums over rows that a program adds to on the device.
struct RunningMetrics {
  explicit RunningMetrics(Device device);
  // Traced: adds a batch's mean loss and how many of the rows that count are right.
  void add(const Tensor& loss, const RowCounts& counts, const Tensor& output, const Tensor& target);
  void reset();
  Metrics read() const;  // waits

  Variable loss, weight;         // f64(): weighted sum of means, and the weights
  Variable correct, classified;  // i64(): rows with a class index as target that counts
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

// Epochs trained since the beginning, resumed ones included, and batches accumulated since the last update.
struct Counts {
  std::int64_t epochs = 0, waiting = 0;
};

class Fit;

// ValueError unless the data has inputs, targets and a row.
void check_rows(const char* op, const char* what, const Source& data);
void check_positive(const char* op, const char* what, std::int64_t given);

struct TrainerState {
  TrainerState(TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options);

  void prepare(const Tensor& x, const Tensor& y);
  void train_batch(const Tensor& x, const Tensor& y);
  // Throws DataError once a loss or a gradient of this epoch was not finite.
  void check_finite(const Source& data, const LoaderOptions& order);
  // Throws the DataError of a kernel again with the batch, the column and the row of the data that it comes from.
  [[noreturn]] void blame_batch(const DataError& error, const char* op, const Source& data, const LoaderOptions& order,
                                std::int64_t epoch);
  void reset_epoch();
  // Makes the update of accumulated batches that are too few for one.
  void finish_update();
  // Variables of the epoch at hand that a checkpoint within it must hold.
  std::vector<std::pair<std::string, Variable>> figures() const;
  void save(const std::filesystem::path& path);
  std::optional<int> resume(const std::filesystem::path& path);
  // All that a checkpoint holds between two calls of fit().
  std::vector<Saved> entries();
  RateCurve find_rate(const Source& data, const RateFinderOptions& given);

  TrainerParts parts;
  TrainerOptions options;
  Generator generator;
  Optimizer optimizer;
  RunningMetrics training, evaluation;
  Variable batch, first_bad;  // ordinals in the epoch, from 0; first_bad is -1 while there is none
  Counts counts;
  std::int64_t skipped_before = 0;  // the optimizer's count when the epoch began
  Compiled<void(Tensor, Tensor)> step;
  std::optional<TensorSpec> input;  // of the batch that the step was prepared for, or of the first one
  Compiled<void(Tensor, Tensor)> evaluate_step;
  // evaluate_step for metrics: gives the output, and a weight for each row of class targets, f32 (n); (0) for others.
  Compiled<std::pair<Tensor, Tensor>(Tensor, Tensor)> scored_step;
  std::vector<metrics::Metric> metrics{};  // of the last fit()
  Compiled<Tensor(Tensor)> forward;
  const Fit* fit = nullptr;         // the call at hand
  std::optional<RunPlace> resumed;  // the run that the next fit() goes on with

 private:
  TrainerState(TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options,
               std::uint64_t seed);

  // The column of a batch that a kernel refuses.
  std::optional<int> bad_column(const std::vector<Tensor>& columns);
  // The first row of a batch that a kernel refuses by itself.
  std::optional<std::int64_t> bad_row(const std::vector<Tensor>& columns);
  RowCounts count_rows(const Tensor& output, const Tensor& target) const;
  std::pair<Tensor, Tensor> trace_evaluation(const Tensor& x, const Tensor& y);
  void trace_step(const Tensor& x, const Tensor& y);
};

// The first tensor of a batch that is not finite, in the order of computation: "column 0 of the training data, row 17",
// "parameter 2.weight", "output of 2 (Linear)", "the loss", "the gradient of 2.weight".
// `rows` are those of the data that the batch is made of.
std::string first_bad_tensor(TrainerState& state, const std::vector<Tensor>& batch,
                             const std::vector<std::int64_t>& rows);

// Trainer::layer_report().
LayerReport report_layers(TrainerState& state, const Dataset& rows);

}  // namespace weft::detail
