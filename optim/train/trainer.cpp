// SPDX-License-Identifier: Apache-2.0
#include "weft/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/base/check.h"
#include "optim/train/trainer_state.h"
#include "weft/checkpoint.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

TrainerOptions with_seed(TrainerOptions options) {
  if (!options.seed) options.seed = draw_seed();
  return options;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void check_rows(const char* op, const char* what, const Dataset& data) {
  if (data.columns().size() != 2 || data.size() == 0)
    fail<ValueError>(op, what, " has ", data.columns().size(), " columns and ", data.size(),
                     " rows; it needs inputs and targets, and a row");
}

void check_positive(const char* op, const char* what, std::int64_t given) {
  if (given < 1) fail<ValueError>(op, what, " is ", given, "; it must be positive");
}

// The callbacks of a training run; the progress bar comes last.
std::vector<std::shared_ptr<Callback>> callbacks_of(const FitOptions& options) {
  auto out = options.callbacks;
  if (!options.quiet) out.push_back(callbacks::progress());
  return out;
}

LoaderOptions order_of(const detail::TrainerState& state, const FitOptions& options) {
  return {.batch_size = options.batch_size,
          .shuffle = options.shuffle,
          .seed = state.generator.seed(),
          .device = state.options.device};
}

LoaderOptions rows_in_order(const detail::TrainerState& state, std::int64_t batch_size) {
  return {.batch_size = batch_size, .shuffle = false, .device = state.options.device};
}

// Trains one epoch; gives its seconds.
double train_epoch(detail::TrainerState& state, const Dataset& data, const LoaderOptions& order, FitState& at,
                   const std::vector<std::shared_ptr<Callback>>& callbacks) {
  constexpr double kCheckEvery = 0.1;  // seconds between checks for finite values, because each waits for the device
  const detail::ModeScope mode(state.parts.model, true);
  const GeneratorScope draws(state.generator);
  const Clock::time_point begin = Clock::now();
  double checked = 0;
  state.reset_epoch();
  at.batch = at.samples = 0;
  for (auto pass = detail::start_pass(data, order, state.epochs_done.value); pass.batch(); pass.advance()) {
    const std::vector<Tensor>& columns = *pass.batch();
    state.train_batch(columns[0], columns[1]);
    ++at.batch;
    at.samples += columns[0].dim(0);
    at.seconds = seconds_since(begin);
    if (at.seconds - checked >= kCheckEvery) {
      state.check_finite(data, order);
      checked = at.seconds;
    }
    for (const auto& callback : callbacks) callback->on_batch(at);
  }
  state.finish_update();
  state.check_finite(data, order);
  return seconds_since(begin);
}

}  // namespace

Trainer::Trainer(detail::TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe,
                 TrainerOptions options)
    : state_(std::make_unique<detail::TrainerState>(std::move(parts), std::move(groups), std::move(recipe),
                                                    with_seed(options))) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

detail::TrainerState& Trainer::state() const {
  if (!state_) fail<ValueError>("trainer", "this trainer was moved from; use the one that it was moved to");
  return *state_;
}

History Trainer::fit(const Dataset& train, const FitOptions& options) {
  check_rows("fit", "the training data", train);
  const bool validates = options.validation.size() > 0;
  if (validates) check_rows("fit", "the validation data", options.validation);
  check_positive("fit", "epochs", options.epochs);
  check_positive("fit", "batch_size", options.batch_size);
  const auto callbacks = callbacks_of(options);
  const LoaderOptions order = order_of(state(), options);
  History history;
  FitState at{*this, history, options.epochs};
  at.batches = detail::count_batches(train, order);
  for (const auto& callback : callbacks) callback->on_train_begin(at);
  for (at.epoch = 1; at.epoch <= options.epochs && !at.stop; ++at.epoch) {
    Epoch epoch{.number = static_cast<int>(state().epochs_done.value) + 1};
    epoch.seconds = train_epoch(state(), train, order, at, callbacks);
    ++state().epochs_done.value;
    const Metrics trained = running();
    const Metrics validation = validates ? evaluate(options.validation) : Metrics{};
    epoch.loss = trained.loss;
    epoch.accuracy = trained.accuracy;
    epoch.validation_loss = validation.loss;
    epoch.validation_accuracy = validation.accuracy;
    epoch.samples_per_second = static_cast<double>(at.samples) / epoch.seconds;
    history.epochs.push_back(epoch);
    history.best_validation_loss = std::fmin(history.best_validation_loss, validation.loss);
    for (const auto& callback : callbacks) callback->on_epoch(at);
  }
  for (const auto& callback : callbacks) callback->on_train_end(at);
  return history;
}

Metrics Trainer::evaluate(const Dataset& data, std::int64_t batch_size) {
  check_rows("evaluate", "the data", data);
  check_positive("evaluate", "batch_size", batch_size);
  const detail::ModeScope mode(state().parts.model, false);
  const GeneratorScope draws(state().generator);
  state().evaluation.reset();
  const LoaderOptions order = rows_in_order(state(), batch_size);
  for (auto pass = detail::start_pass(data, order, 0); pass.batch(); pass.advance())
    state().evaluate_step((*pass.batch())[0], (*pass.batch())[1]);
  try {
    return state().evaluation.read();
  } catch (const DataError& error) {
    state().blame_batch(error, "evaluate", data, order, 0);
  }
}

Tensor Trainer::predict(const Tensor& inputs, std::int64_t batch_size) {
  check_positive("predict", "batch_size", batch_size);
  if (inputs.rank() == 0 || inputs.dim(0) == 0)
    fail<ValueError>("predict", "inputs are ", inputs.shape(), "; the first axis must count at least a row");
  const detail::ModeScope mode(state().parts.model, false);
  const GeneratorScope draws(state().generator);
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0; begin < inputs.dim(0); begin += batch_size)
    parts.push_back(state().forward(inputs.slice(0, begin, std::min(begin + batch_size, inputs.dim(0)))));
  return parts.size() == 1 ? parts[0] : concat(parts);
}

Metrics Trainer::running() const { return state().training.read(); }
Optimizer& Trainer::optimizer() { return state().optimizer; }
Module& Trainer::model() { return state().parts.model.get("trainer"); }
void Trainer::save(const std::filesystem::path& path) const { state().everything().save(path); }
bool Trainer::resume(const std::filesystem::path& path) { return state().everything().resume(path); }
void Trainer::prepare(const Dataset& train, std::int64_t batch_size) {
  check_rows("prepare", "the training data", train);
  check_positive("prepare", "batch_size", batch_size);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), batch_size), 0);
  state().step.prepare((*pass.batch())[0], (*pass.batch())[1]);
}

std::int64_t Trainer::largest_batch(const Dataset& train, std::int64_t memory) {
  check_rows("largest_batch", "the training data", train);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), 32), 0);
  return state().step.largest_batch(memory, (*pass.batch())[0], (*pass.batch())[1]);
}

Profile Trainer::profile() const { return state().step.profile(); }
MemoryReport Trainer::memory_plan() const { return state().step.memory_plan(); }

}  // namespace weft
