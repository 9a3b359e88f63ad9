// SPDX-License-Identifier: Apache-2.0
#include "optim/train/fit.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <typeinfo>
#include <utility>

#include "core/base/check.h"
#include "core/base/type_name.h"
#include "weft/random.h"

namespace weft::detail {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::vector<std::shared_ptr<Callback>> callbacks_of(const FitOptions& options) {
  auto out = options.callbacks;
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!out[i]) fail<ValueError>("fit", "callback ", i, " is null; give a callback");
  if (!options.quiet) out.push_back(callbacks::progress());
  return out;
}

LoaderOptions order_of(const TrainerState& state, const FitOptions& options) {
  return {.batch_size = options.batch_size,
          .shuffle = options.shuffle,
          .drop_last = options.drop_last,
          .seed = state.generator.seed(),
          .device = state.options.device,
          .weights = options.weights,
          .balance = options.balance};
}

// A number that tells two ways to draw rows apart; 0 for rows that are not drawn by chances.
std::int64_t sampling_of(const FitOptions& options) {
  if (options.weights.empty() && !options.balance) return 0;
  std::uint64_t digest = options.balance.value_or(0) + 1;
  for (const double weight : options.weights) digest = (digest ^ std::bit_cast<std::uint64_t>(weight)) * 0x100000001b3u;
  return static_cast<std::int64_t>(digest >> 1) | 1;
}

double rate_of(const Optimizer& optimizer) {
  try {
    return optimizer.lr().item<double>();
  } catch (const ValueError&) {  // a recipe without a rate
    return std::numeric_limits<double>::quiet_NaN();
  }
}

std::string type_of(const Callback& callback) { return type_name(typeid(callback)); }

}  // namespace

Fit::Fit(Trainer& trainer, TrainerState& state, const Source& data, const FitOptions& options)
    : state_(state),
      data_(data),
      options_(options),
      order_(order_of(state, options)),
      callbacks_(callbacks_of(options)),
      at_{trainer, history_, options.epochs} {
  state.check_rows("fit", "the training data", data);
  if (options.validation.size() > 0) state.check_rows("fit", "the validation data", options.validation);
  check_positive("fit", "batch_size", options.batch_size);
  check_loader(data, order_, data.row_specs().size());
  state.metrics = options.metrics;
  for (std::size_t i = 0; i < options.metrics.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (options.metrics[i].name == options.metrics[j].name)
        fail<ValueError>("fit", "two metrics are named \"", options.metrics[i].name, "\"; their names must differ");
  if (!options.metrics.empty() && options.validation.size() == 0)
    fail<ValueError>("fit", "metrics are of the validation data, which is empty; give FitOptions::validation");
  if (state.resumed) {
    check_resumed();
  } else {
    check_positive("fit", "epochs", options.epochs);
  }
  at_.batches = count_batches(data, order_);
  if (at_.batches == 0)
    fail<ValueError>("fit", "drop_last leaves no batch of ", data.size(), " rows, because batch_size is ",
                     order_.batch_size, "; it must be at most ", data.size());
  outer_ = std::exchange(state.fit, this);
}

void Fit::check_resumed() const {
  const RunPlace& from = *state_.resumed;
  const auto least = from.hook == Hook::kBatch ? 1 : 0;
  if (options_.epochs < least)
    fail<ValueError>("fit", "epochs is ", options_.epochs, ", the resumed run wants at least ", least,
                     least > 0 ? ", because it was saved within an epoch" : "");
  if (options_.callbacks.size() < from.callbacks.size())
    fail<ValueError>("fit", "the resumed run has ", from.callbacks.size(), " callbacks, fit() is given ",
                     options_.callbacks.size(), "; give the same ones in their order, others behind them");
  for (std::size_t i = 0; i < from.callbacks.size(); ++i)
    if (const std::string given = type_of(*options_.callbacks[i]); given != from.callbacks[i].type)
      fail<ValueError>("fit", "callback ", i, " of the resumed run is ", from.callbacks[i].type, ", fit() is given ",
                       given, "; give the same ones in their order, others behind them");
  if (from.hook != Hook::kBatch) return;
  if (from.rows != data_.size() || from.batch_size != order_.batch_size || from.shuffle != order_.shuffle ||
      from.drop_last != order_.drop_last)
    fail<ValueError>("fit", "the resumed run was saved within an epoch of ", from.rows, " rows, batch_size ",
                     from.batch_size, ", shuffle ", from.shuffle, ", drop_last ", from.drop_last, "; fit() is given ",
                     data_.size(), " rows, batch_size ", order_.batch_size, ", shuffle ", order_.shuffle,
                     ", drop_last ", order_.drop_last, "; give the same until the epoch ends");
  if (from.sampling != sampling_of(options_))
    fail<ValueError>("fit",
                     "the resumed run was saved within an epoch whose rows were drawn by other weights or another "
                     "balance; give the same until the epoch ends");
  if (const std::int64_t batches = count_batches(data_, order_); from.batch > batches)
    fail<ValueError>("fit", "the resumed epoch has finished ", from.batch, " batches of ", batches,
                     "; the file was not written by a trainer");
}

History Fit::run() {
  if (state_.resumed) history_ = state_.resumed->history;
  for (const auto& callback : callbacks_) callback->on_train_begin(at_);
  if (state_.resumed) take_up();
  for (at_.epoch = 1; at_.epoch <= options_.epochs && (begun_ || !at_.stop); ++at_.epoch)
    end_epoch(train_epoch(std::exchange(begun_, false)));
  for (const auto& callback : callbacks_) callback->on_train_end(at_);
  return history_;
}

void Fit::take_up() {
  const RunPlace& place = *state_.resumed;
  at_.stop = at_.stop || place.stop;
  at_.samples = place.samples;
  at_.seconds = place.seconds;
  at_.batch = place.batch;
  state_.skipped_before = place.skipped;
  for (const auto& [name, variable] : state_.figures()) variable.assign(place.figures.at(name));
  for (std::size_t i = 0; i < place.callbacks.size(); ++i)
    if (!place.callbacks[i].values.empty()) callbacks_[i]->load_state_dict(place.callbacks[i].values);
  begun_ = place.hook == Hook::kBatch;
  untold_ = {static_cast<std::size_t>(place.told), place.callbacks.size()};
  state_.resumed.reset();
  if (!begun_) tell(Hook::kEpoch, untold_);
}

double Fit::train_epoch(bool begun) {
  constexpr double kCheckEvery = 0.1;  // seconds between checks for finite values, because each waits for the device
  const ModeScope mode(state_.parts.model, true);
  const GeneratorScope draws(state_.generator);
  const Clock::time_point begin = Clock::now();
  if (!begun) {
    state_.reset_epoch();
    at_.batch = at_.samples = 0;
    at_.seconds = 0;
  } else {
    tell(Hook::kBatch, untold_);
  }
  const double before = at_.seconds;
  double checked = before;
  for (auto pass = start_pass(data_, order_, state_.counts.epochs, at_.batch); pass.batch(); pass.advance()) {
    const std::vector<Tensor>& columns = *pass.batch();
    state_.train_batch(columns);
    ++at_.batch;
    at_.samples += columns[0].dim(0);
    at_.seconds = before + seconds_since(begin);
    if (at_.seconds - checked >= kCheckEvery) {
      state_.check_finite(data_, order_);
      checked = at_.seconds;
    }
    tell(Hook::kBatch, {0, callbacks_.size()});
  }
  state_.finish_update();
  state_.check_finite(data_, order_);
  return before + seconds_since(begin);
}

void Fit::end_epoch(double seconds) {
  ++state_.counts.epochs;
  const bool validates = options_.validation.size() > 0;
  const Metrics trained = state_.training.read();
  const Metrics validation = validates ? at_.trainer.evaluate(options_.validation) : Metrics{};
  history_.epochs.push_back({.number = static_cast<int>(state_.counts.epochs),
                             .loss = trained.loss,
                             .accuracy = trained.accuracy,
                             .validation_loss = validation.loss,
                             .validation_accuracy = validation.accuracy,
                             .seconds = seconds,
                             .samples_per_second = static_cast<double>(at_.samples) / seconds,
                             .validation_metrics = validation.others,
                             .lr = rate_of(state_.optimizer)});
  history_.best_validation_loss = std::fmin(history_.best_validation_loss, validation.loss);
  tell(Hook::kEpoch, {0, callbacks_.size()});
}

void Fit::tell(Hook hook, Range callbacks) {
  hook_ = hook;
  for (std::size_t i = callbacks.first; i < callbacks.last; ++i) {
    told_ = i + 1;
    if (hook == Hook::kBatch) {
      callbacks_[i]->on_batch(at_);
    } else {
      callbacks_[i]->on_epoch(at_);
    }
  }
  hook_ = Hook::kNone;
}

std::optional<RunPlace> Fit::place() const {
  if (hook_ == Hook::kNone) return std::nullopt;
  const std::size_t given = options_.callbacks.size();  // the progress bar is none of them
  RunPlace out{.hook = hook_,
               .told = static_cast<std::int64_t>(std::min(told_, given)),
               .batch = at_.batch,
               .samples = at_.samples,
               .skipped = state_.skipped_before,
               .seconds = at_.seconds,
               .stop = at_.stop,
               .rows = data_.size(),
               .batch_size = order_.batch_size,
               .shuffle = order_.shuffle,
               .drop_last = order_.drop_last,
               .sampling = sampling_of(options_),
               .history = history_};
  for (const auto& [name, variable] : state_.figures()) out.figures.emplace(name, variable.value());
  for (std::size_t i = 0; i < given; ++i) {
    CallbackState& state = out.callbacks.emplace_back(CallbackState{type_of(*callbacks_[i]), {}});
    state.values = callbacks_[i]->state_dict();
    for (const auto& [name, value] : state.values)
      if (!value.defined())
        fail<ValueError>("save", "state_dict() of callback ", i, " (", state.type, ") gives no value for '", name,
                         "'; leave it out");
  }
  return out;
}

}  // namespace weft::detail
