// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/callbacks.h"
#include "weft/compile.h"
#include "weft/dataset.h"
#include "weft/detail/export.h"
#include "weft/device.h"
#include "weft/layer_report.h"
#include "weft/metrics.h"
#include "weft/module.h"
#include "weft/optimizer.h"
#include "weft/rate_finder.h"
#include "weft/source.h"
#include "weft/summary.h"

namespace weft WEFT_EXPORT {

// Settings of a Trainer.
struct TrainerOptions {
  Device device = Device::best();  // device that trains the model
  // Seed of values not drawn yet, the order of the data, and dropout. Empty: each trainer has one of its own from
  // draw_seed(), so that weft::seed() decides all.
  std::optional<std::uint64_t> seed{};
  Precision precision = Precision::kF32;  // dtype of products and stored activations
  UpdateOptions update{};                 // clipping and loss scale
  int accumulate = 1;                     // batches per update
};

// Settings of one call of Trainer::fit().
struct FitOptions {
  int epochs = 1;  // passes over the data; after resume() those that are left, the one begun included, perhaps 0
  std::int64_t batch_size = 32;            // rows of a batch
  Source validation{};                     // evaluated after every epoch if it has rows
  std::vector<metrics::Metric> metrics{};  // of the validation data, beside loss and accuracy; names are distinct
  // Called in this order; a resumed run wants those of its checkpoint in their order, others behind them.
  std::vector<std::shared_ptr<Callback>> callbacks{};
  bool shuffle = true;                   // a new order in every epoch
  bool drop_last = false;                // leave out a last training batch that is not full
  std::vector<double> weights{};         // of the training rows, as in LoaderOptions: how often each is drawn
  std::optional<std::size_t> balance{};  // column of classes, as in LoaderOptions
  bool quiet = false;                    // true: without progress()
};

namespace detail {
struct TrainerState;
// A model whose forward() takes n tensors.
template <class M, std::size_t n, class = std::make_index_sequence<n>>
inline constexpr bool kTakesTensors = false;
template <class M, std::size_t n, std::size_t... i>
inline constexpr bool kTakesTensors<M, n, std::index_sequence<i...>> = requires(const M& model, const Tensor& x) {
  model.forward((static_cast<void>(i), x)...);
};

// The most tensors that forward() of a model may take.
inline constexpr std::size_t kMostInputs = 4;

struct TrainerParts {
  ModuleRef model;
  std::function<Tensor(const std::vector<Tensor>& inputs)> forward;
  // The weights of the rows are undefined where there are none.
  std::function<Tensor(const Tensor& output, const Tensor& target, const Tensor& weight)> loss;
  std::vector<std::size_t> inputs{1};  // numbers of tensors that forward() takes
  bool weighs = false;                 // the loss takes weights
  // How much each row counts in the loss; empty: rows whose target is a class count 1.
  std::function<Tensor(const Tensor&, const Tensor&)> row_weight{};
};
// A loss that takes a weight for each row.
template <class L>
concept TakesWeights = std::is_invocable_r_v<Tensor, L&, Tensor, Tensor, Tensor>;
// A loss that says how much each row counts in its mean.
template <class L>
concept WeighsRows = requires(L& loss, const Tensor& x) {
  { loss.row_weight(x, x) } -> std::convertible_to<Tensor>;
};
}  // namespace detail

// Trains a model on rows of inputs, a target, and perhaps a weight, with one compiled step: the columns (x, y), (x, y,
// weight), or (a, b, y) where forward() takes two tensors, and so on up to four. The model may move, and the trainer
// follows it; it and all that its layers refer to must outlive the trainer. `loss` should be a mean over its batch.
// Means over batches, of the loss in reports and of the gradient under `accumulate`, weigh a batch by the rows that
// count in it: by the sum of `loss.row_weight(output, target)`, if there is such a member as that of CrossEntropy, else
// by the targets that are a class in [0, c), else by all rows. Weights of rows, a floating (n) or (n, 1), are the last
// column: the loss, all means and all metrics are weighted by them. The loss then takes them as a third argument, as
// those of weft do.
class Trainer {
 public:
  // Moves the model to the device and draws what has no value yet, keyed by (seed, path).
  template <class M, class L>
  requires(std::derived_from<M, Module>&& std::is_invocable_r_v<Tensor, L&, Tensor, Tensor>)
      Trainer(M& model, L loss, Recipe recipe, TrainerOptions options = {})
      : Trainer(parts(model, std::move(loss)), {}, std::move(recipe), options) {}
  // A trainer with a recipe per group of parameters.
  template <class M, class L>
  requires(std::derived_from<M, Module>&& std::is_invocable_r_v<Tensor, L&, Tensor, Tensor>)
      Trainer(M& model, L loss, std::vector<Group> groups, TrainerOptions options = {})
      : Trainer(parts(model, std::move(loss)), std::move(groups), std::nullopt, options) {}
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  // Trains in training mode, whatever the model's mode is before and after. The last batch may be smaller. Batches of
  // many sizes are traced again where the traces of earlier ones had to go; likewise evaluate() and predict().
  // DataError that names the first bad tensor when a loss or a gradient is not finite; such a batch has changed no
  // value. ValueError for data without rows or of another number of columns, for weights that the loss does not take,
  // if drop_last leaves no batch, and as for a Loader. DTypeError or ShapeError for weights that are not one number a
  // row.
  History fit(const Source& train, const FitOptions& options = {});
  // Loss, accuracy and the metrics, without any those of the last fit(), over all rows, in eval mode and with the
  // optimizer's values for inference (EvaluationScope) for the call only; likewise predict() and the validation of
  // fit().
  Metrics evaluate(const Source& data, std::int64_t batch_size = 256, const std::vector<metrics::Metric>& metrics = {});
  // The model's output for all rows, in order. Of rows with more columns than forward() takes, the first ones are read.
  [[nodiscard]] Tensor predict(const Tensor& inputs, std::int64_t batch_size = 256);
  [[nodiscard]] Tensor predict(const Source& rows, std::int64_t batch_size = 256);

  // Figures of the training epoch so far. Waits for the device.
  Metrics running() const;
  Optimizer& optimizer();
  Module& model();
  // Everything that fit() needs to go on bit for bit: model, optimizer, random numbers, epoch. In a callback's on_batch
  // or on_epoch also the run: its history, the place in the epoch, the state of all callbacks.
  void save(const std::filesystem::path& path) const;
  // Takes up what save() wrote, and gives the number of the next epoch to train, from 1; none if there is nothing at
  // the path. A directory stands for the latest epoch-0001.safetensors in it. If the file holds a run, the next fit()
  // goes on with it. Files from before runs were saved have none: history and callbacks then begin anew. ValueError for
  // another seed than one given in the options, and inside fit(); otherwise the errors of Checkpoint::resume(). Then
  // nothing has changed.
  std::optional<int> resume(const std::filesystem::path& path);
  // Trains on shuffled batches while the rate grows, and puts all back, bit for bit, as weft::find_rate() does. With
  // `accumulate` a step is an update. The errors of find_rate() and fit(); ValueError inside fit().
  RateCurve find_rate(const Source& train, const RateFinderOptions& options = {});
  // Traces, plans and builds the training step for batches of these rows; trains nothing.
  void prepare(const Source& train, std::int64_t batch_size);
  // The layers of the model for the batches of the training step; TraceError before prepare() or the first step. Runs
  // nothing and draws nothing.
  ModelSummary summary() const;
  // The memory of the training step as a table; TraceError before prepare() or the first step.
  MemoryReport memory_plan() const;
  // The most rows per batch with which the training step needs at most `memory` bytes; found by planning.
  std::int64_t largest_batch(const Source& train, std::int64_t memory);
  // Figures of every layer for these rows, in training mode, from one forward and backward in one batch; layers that
  // hold others are left out. Changes nothing.
  LayerReport layer_report(const Dataset& rows);
  // The kernels of the training step and their times; TraceError before prepare() or the first step. Trains nothing.
  Profile profile() const;

 private:
  Trainer(detail::TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe, TrainerOptions options);
  template <class M, class L>
  static detail::TrainerParts parts(M& model, L loss) {
    const detail::ModuleRef ref(model);
    const auto shared = std::make_shared<L>(std::move(loss));
    detail::TrainerParts out{
        ref, [ref](const std::vector<Tensor>& x) { return call(static_cast<M&>(ref.get("trainer")), x); },
        [shared](const Tensor& y, const Tensor& t, const Tensor& weight) {
          if constexpr (detail::TakesWeights<L>)
            if (weight.defined()) return Tensor((*shared)(y, t, weight));
          return Tensor((*shared)(y, t));
        }};
    out.weighs = detail::TakesWeights<L>;
    out.inputs = inputs<M>(std::make_index_sequence<detail::kMostInputs>());
    if constexpr (detail::WeighsRows<L>)
      out.row_weight = [shared](const Tensor& y, const Tensor& t) { return Tensor(shared->row_weight(y, t)); };
    return out;
  }
  // The numbers of tensors that forward() takes; 1 for a model that does not show it.
  template <class M, std::size_t... i>
  static std::vector<std::size_t> inputs(std::index_sequence<i...> /*counts*/) {
    std::vector<std::size_t> out;
    (static_cast<void>(detail::kTakesTensors<M, i + 1> ? out.push_back(i + 1) : void()), ...);
    if (out.empty()) out.push_back(1);
    return out;
  }
  template <class M>
  static Tensor call(M& model, const std::vector<Tensor>& x) {
    if constexpr (detail::kTakesTensors<M, 2>)
      if (x.size() == 2) return Tensor(model(x[0], x[1]));
    if constexpr (detail::kTakesTensors<M, 3>)
      if (x.size() == 3) return Tensor(model(x[0], x[1], x[2]));
    if constexpr (detail::kTakesTensors<M, 4>)
      if (x.size() == 4) return Tensor(model(x[0], x[1], x[2], x[3]));
    if constexpr (std::is_invocable_v<M&, Tensor>) {
      return Tensor(model(x[0]));
    } else {
      return {};  // not reached: as many inputs as forward() takes
    }
  }
  // ValueError if the trainer was moved from.
  detail::TrainerState& state() const;
  std::unique_ptr<detail::TrainerState> state_;
};

}  // namespace weft
