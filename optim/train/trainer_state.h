// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/train/column_program.h"
#include "optim/train/run_place.h"
#include "weft/checkpoint.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/loader.h"
#include "weft/random.h"
#include "weft/rate_finder.h"
#include "weft/trainer.h"

namespace weft::detail {

// The columns of a batch by what they are for.
struct Columns {
  std::vector<Tensor> inputs;
  Tensor target;
  Tensor weight;  // f32 (n), of the rows; undefined without such a column
};

// The rows of a batch that count in means.
struct RowCounts {
  Tensor weight;  // f(): of the batch beside others
  // How much each row counts, f32 in the shape of its target; undefined if all count 1 and targets are no class
  // indices.
  Tensor rows;
  bool classes = false;  // the targets are class indices
};

// Sums over rows that a program adds to on the device.
struct RunningMetrics {
  explicit RunningMetrics(Device device);
  // Traced: adds a batch's mean loss and how many of the rows that count are right.
  void add(const Tensor& loss, const RowCounts& counts, const Tensor& output, const Tensor& target);
  void reset();
  Metrics read() const;  // waits

  Variable loss, weight;         // f64(): weighted sum of means, and the weights
  Variable correct, classified;  // f64(): weights of the rows with a class index as target
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

void check_positive(const char* op, const char* what, std::int64_t given);

struct TrainerState {
  TrainerState(TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options);

  // The errors of fit() for rows that the model and the loss do not take.
  void check_rows(const char* op, const char* what, const Source& data) const;
  // The number of inputs among so many columns, behind which comes the target; 0 if forward() takes no such number.
  std::size_t count_inputs(std::size_t columns) const;
  // The first columns, as many as forward() takes. ValueError for fewer.
  std::vector<Tensor> inputs_of(const char* op, const std::vector<Tensor>& columns) const;
  Columns split(const std::vector<Tensor>& columns) const;
  void prepare(const std::vector<Tensor>& columns);
  void train_batch(const std::vector<Tensor>& columns);
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
  ColumnProgram step;
  std::vector<TensorSpec> traced_inputs{};  // of the batch that the step was prepared for, or of the first one
  ColumnProgram evaluate_step;
  // evaluate_step for metrics: gives the output, and a weight for each row, f32 (n); (0) if nothing weighs them.
  ColumnProgram scored_step;
  std::vector<metrics::Metric> metrics{};  // of the last fit()
  ColumnProgram forward;                   // of the inputs
  const Fit* fit = nullptr;                // the call at hand
  std::optional<RunPlace> resumed;         // the run that the next fit() goes on with

 private:
  TrainerState(TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options,
               std::uint64_t seed);

  // The columns of a batch that a kernel refuses: "column 1".
  std::optional<std::string> bad_column(const std::vector<Tensor>& columns);
  // The first row of a batch that a kernel refuses by itself.
  std::optional<std::int64_t> bad_row(const std::vector<Tensor>& columns);
  void note_inputs(const std::vector<Tensor>& columns);
  RowCounts count_rows(const Tensor& output, const Columns& columns) const;
  std::pair<Tensor, Tensor> trace_evaluation(const Columns& columns);
  void trace_step(const Columns& columns);
};

// The first tensor of a batch that is not finite, in the order of computation: "column 0 of the training data, row 17",
// "parameter 2.weight", "output of 2 (Linear)", "the loss", "the gradient of 2.weight".
// `rows` are those of the data that the batch is made of.
std::string first_bad_tensor(TrainerState& state, const std::vector<Tensor>& batch,
                             const std::vector<std::int64_t>& rows);

// Trainer::layer_report().
LayerReport report_layers(TrainerState& state, const Dataset& rows);

}  // namespace weft::detail
