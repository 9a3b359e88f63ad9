// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/dataset.h"
#include "weft/export.h"
#include "weft/loss.h"
#include "weft/module.h"
#include "weft/optimizer.h"

namespace weft WEFT_EXPORT {

class Callback;

// What one pass over the training rows gave. Accuracies are NaN unless targets are class indices; validation figures
// are NaN without validation rows.
struct Epoch {
  int number = 0;  // from 1
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  double seconds = 0;
  double samples_per_second = 0;
};

struct History {
  std::vector<Epoch> epochs;
  // The smallest validation loss (training loss without validation rows) and its epoch.
  double best_loss = std::numeric_limits<double>::quiet_NaN();
  int best_epoch = 0;
};

struct Metrics {
  double loss = std::numeric_limits<double>::quiet_NaN();
  double accuracy = std::numeric_limits<double>::quiet_NaN();
};

struct TrainerOptions {
  Device device = Device::best();
  std::uint64_t seed = 0;  // keys pending initialisers (with the path), the order of rows and the random draws
  UpdateOptions update{};
  int accumulate = 1;  // batches per update
};

struct FitOptions {
  int epochs = 1;
  std::int64_t batch_size = 32;
  Dataset validation{};
  std::vector<std::shared_ptr<Callback>> callbacks{};
  bool shuffle = true;
};

namespace detail {

// A model and its loss, without their types.
struct Task {
  Module* module = nullptr;
  std::function<Tensor(Tensor)> forward;
  std::function<Tensor(Tensor, Tensor)> loss;
};
struct TrainerState;

template <class M, class L>
concept Trainable = std::derived_from<M, Module> && std::is_invocable_r_v<Tensor, L&, Tensor, Tensor>;

}  // namespace detail

// Trains a model on rows of (input, target). One compiled program does a step; loss and accuracy are added up on the
// device and read once per epoch, or when a callback wants them. The model is held by reference.
class Trainer {
 public:
  // Moves the model to the device and draws what is pending: seed and device come after the model and still rule its
  // weights. Errors as Optimizer's.
  template <class M, class L>
  requires detail::Trainable<M, L> Trainer(M& model, L loss, Recipe recipe, TrainerOptions options = {})
      : Trainer(task(model, std::move(loss)), {}, std::move(recipe), std::move(options)) {}
  template <class M, class L>
  requires detail::Trainable<M, L> Trainer(M& model, L loss, std::vector<Group> groups, TrainerOptions options = {})
      : Trainer(task(model, std::move(loss)), std::move(groups), SGD{}, std::move(options)) {}
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  // Trains in training mode and gives the mode back. The last batch may be smaller. ValueError for no rows or no
  // epochs; DataError when a loss is not finite: no weight has changed then, and the text names the first bad tensor.
  History fit(const Dataset& train, const FitOptions& options = {});
  // In evaluation mode, whatever the model's own mode is.
  Metrics evaluate(const Dataset& rows, std::int64_t batch_size = 256);
  // The model's outputs for all rows of `inputs`, in evaluation mode, on the host.
  Tensor predict(const Tensor& inputs, std::int64_t batch_size = 256);

  Optimizer& optimizer();
  Module& model();
  Device device() const;
  // The memory plan of the training step; fit() or a first batch must have run.
  std::string memory_plan() const;
  // Traces, plans and builds the training step for batches like these rows; trains nothing.
  void prepare(const Dataset& rows, std::int64_t batch_size);
  // For callbacks: ends fit() after this epoch.
  void stop();

 private:
  template <class M, class L>
  static detail::Task task(M& model, L loss) {
    return {
        &model, [&model](Tensor x) { return model(std::move(x)); },
        [loss = std::move(loss)](Tensor y, Tensor target) mutable { return loss(std::move(y), std::move(target)); }};
  }
  Trainer(detail::Task task, std::vector<Group> groups, Recipe recipe, TrainerOptions options);
  std::unique_ptr<detail::TrainerState> state_;
};

}  // namespace WEFT_EXPORT
