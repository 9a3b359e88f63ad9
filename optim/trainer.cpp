// SPDX-License-Identifier: Apache-2.0
#include "weft/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "optim/first_bad.h"
#include "weft/callbacks.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/loader.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft {
namespace {

using Step = Compiled<void(Tensor, Tensor)>;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Class indices, for which an accuracy means something.
bool counts_classes(const Tensor& output, const Tensor& target) {
  return (target.dtype() == DType::kI64 || target.dtype() == DType::kI32) && output.rank() == target.rank() + 1;
}

}  // namespace

// {sum of loss times rows, right answers, rows that had one to give, number of the first batch without a finite loss or
// -1, batches}
constexpr std::int64_t kTotals = 5;

struct detail::TrainerState {
  TrainerState(Task given, Optimizer made, TrainerOptions chosen)
      : task(std::move(given)), optimizer(std::move(made)), options(std::move(chosen)), generator(options.seed) {}

  Task task;
  Optimizer optimizer;
  TrainerOptions options;
  Generator generator;
  Variable totals;
  std::vector<Step> train_step, evaluate_step;  // none or one: made when first needed
  bool stopped = false;

  void reset() { totals.assign(start()); }
  static Tensor start() { return Tensor::of<double>({0, 0, 0, -1, 0}, {kTotals}); }

  // Adds a batch to the totals.
  void count(const Tensor& output, const Tensor& target, const Tensor& loss) const {
    if (loss.numel() != 1)
      throw ShapeError("trainer", "", "the loss is " + loss.shape().text() + "; it must have one element");
    const Tensor before = totals.value();
    const Tensor mean = loss.reshape({}).to(DType::kF64);
    const std::int64_t rows = output.rank() ? output.dim(0) : 1;
    Tensor right = zeros({}, DType::kF64), asked = zeros({}, DType::kF64);
    if (counts_classes(output, target)) {
      right = equal(output.argmax(-1).to(DType::kI64), target.to(DType::kI64)).to(DType::kF64).sum();
      asked = full({}, target.numel(), DType::kF64);
    }
    const Tensor batch = before.slice(0, 4, 5).reshape({}), bad = before.slice(0, 3, 4).reshape({});
    const Tensor finite = equal(mean - mean, 0.0);
    const Tensor first = select(logical_or(bad >= 0.0, finite), bad, batch);
    totals.assign(stack({before.slice(0, 0, 1).reshape({}) + mean * rows, before.slice(0, 1, 2).reshape({}) + right,
                         before.slice(0, 2, 3).reshape({}) + asked, first, batch + 1.0}));
  }

  Metrics metrics(std::int64_t rows) const {
    const std::vector<double> t = totals.value().to_vector<double>();
    Metrics out;
    if (rows > 0) out.loss = t[0] / static_cast<double>(rows);
    if (t[2] > 0) out.accuracy = t[1] / t[2];
    return out;
  }
  std::int64_t first_bad_batch() const { return static_cast<std::int64_t>(totals.value().to_vector<double>()[3]); }

  Step& training() {
    if (train_step.empty())
      train_step.push_back(compile(
          [this](Tensor x, Tensor target) {
            const Tensor output = task.forward(x), loss = task.loss(output, target);
            count(output, target, loss);
            if (options.accumulate > 1) {
              optimizer.accumulate(loss);
            } else {
              optimizer.minimize(loss);
            }
          },
          {.name = "training step", .device = options.device}));
    return train_step[0];
  }
  Step& evaluating() {
    if (evaluate_step.empty())
      evaluate_step.push_back(compile(
          [this](Tensor x, Tensor target) {
            const Tensor output = task.forward(x);
            count(output, target, task.loss(output, target));
          },
          {.name = "evaluation step", .device = options.device}));
    return evaluate_step[0];
  }

  Loader loader(const Dataset& rows, std::int64_t batch_size, bool shuffle) const {
    return Loader(rows, {.batch_size = batch_size, .shuffle = shuffle, .seed = options.seed, .device = options.device});
  }
  [[noreturn]] void report_bad_loss(const Loader& like, int epoch, std::int64_t batch);
  Epoch train_epoch(Trainer& trainer, Loader& batches, int number, const FitOptions& fit);
};

using detail::TrainerState;

Trainer::Trainer(detail::Task task, std::vector<Group> groups, Recipe recipe, TrainerOptions options) {
  if (options.accumulate < 1)
    throw ValueError("trainer", "", "accumulate is " + std::to_string(options.accumulate) + "; it must be positive");
  task.module->to(options.device);
  task.module->initialise(options.seed);
  const DeviceScope on(options.device);
  Optimizer optimizer = groups.empty() ? Optimizer(task.module->parameters(), std::move(recipe), options.update)
                                       : Optimizer(std::move(groups), options.update);
  state_ = std::make_unique<TrainerState>(std::move(task), std::move(optimizer), std::move(options));
  state_->totals = Variable(TrainerState::start());
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

// Runs the batch in question again, op by op. Its weights are those of the failed step: the update was withheld, and so
// were all later ones only if they failed, too; what is named is what is bad now.
void TrainerState::report_bad_loss(const Loader& like, int epoch, std::int64_t batch) {
  Loader again = like;
  again.set_epoch(epoch - 1);
  std::int64_t at = 0;
  for (auto [x, target] : again) {
    if (at++ != batch) continue;
    const std::string where = detail::first_bad_tensor(task, x, target);
    throw DataError("trainer", "",
                    "the loss of batch " + std::to_string(batch + 1) + " in epoch " + std::to_string(epoch) +
                        " is not finite; the first bad tensor is " +
                        (where.empty() ? "not seen again when the batch is run alone" : where) +
                        ". Its update was withheld");
  }
  throw DataError("trainer", "", "the loss is not finite");
}

Epoch TrainerState::train_epoch(Trainer& trainer, Loader& batches, int number, const FitOptions& fit) {
  const Clock::time_point start = Clock::now();
  const GeneratorScope draws(generator);
  const ModeScope mode(*task.module, true);
  Step& step = training();
  reset();
  std::int64_t rows = 0, batch = 0;
  const std::int64_t all = batches.batches();
  for (auto [x, target] : batches) {
    step(x, target);
    rows += x.dim(0);
    ++batch;
    if (options.accumulate > 1 && (batch % options.accumulate == 0 || batch == all)) optimizer.update();
    const BatchEvent event{trainer, number, fit.epochs,           batch,
                           all,     rows,   seconds_since(start), [&] { return metrics(rows); }};
    for (const auto& callback : fit.callbacks) callback->on_batch(event);
  }
  const Metrics seen = metrics(rows);
  if (const std::int64_t bad = first_bad_batch(); bad >= 0) report_bad_loss(batches, number, bad);
  Epoch epoch;
  epoch.number = number;
  epoch.loss = seen.loss;
  epoch.accuracy = seen.accuracy;
  epoch.seconds = seconds_since(start);
  epoch.samples_per_second = static_cast<double>(rows) / epoch.seconds;
  return epoch;
}

History Trainer::fit(const Dataset& train, const FitOptions& options) {
  if (train.size() == 0) throw ValueError("trainer", "", "there are no rows to train on");
  if (options.epochs < 1)
    throw ValueError("trainer", "", "epochs is " + std::to_string(options.epochs) + "; it must be positive");
  const DeviceScope on(state_->options.device);
  Loader batches = state_->loader(train, options.batch_size, options.shuffle);
  state_->stopped = false;
  for (const auto& callback : options.callbacks) callback->on_begin(*this, options.epochs);
  History history;
  for (int number = 1; number <= options.epochs && !state_->stopped; ++number) {
    Epoch epoch = state_->train_epoch(*this, batches, number, options);
    if (options.validation.size() > 0) {
      const Metrics seen = evaluate(options.validation);
      epoch.validation_loss = seen.loss;
      epoch.validation_accuracy = seen.accuracy;
    }
    const double watched = options.validation.size() > 0 ? epoch.validation_loss : epoch.loss;
    if (!(history.best_loss <= watched)) {
      history.best_loss = watched;
      history.best_epoch = number;
    }
    history.epochs.push_back(epoch);
    for (const auto& callback : options.callbacks) callback->on_epoch(*this, epoch);
  }
  for (const auto& callback : options.callbacks) callback->on_end(*this);
  return history;
}

Metrics Trainer::evaluate(const Dataset& rows, std::int64_t batch_size) {
  const DeviceScope on(state_->options.device);
  const ModeScope mode(*state_->task.module, false);
  Step& step = state_->evaluating();
  state_->reset();
  Loader batches = state_->loader(rows, batch_size, false);
  for (auto [x, target] : batches) step(x, target);
  return state_->metrics(rows.size());
}

Tensor Trainer::predict(const Tensor& inputs, std::int64_t batch_size) {
  if (inputs.rank() == 0) throw ShapeError("predict", "", "the input is 0-d; its first axis must count the rows");
  if (batch_size < 1)
    throw ValueError("predict", "", "batch_size is " + std::to_string(batch_size) + "; it must be positive");
  const ModeScope mode(*state_->task.module, false);
  auto forward = compile([this](Tensor x) { return state_->task.forward(x); },
                         {.name = "predict", .device = state_->options.device});
  std::vector<Tensor> parts;
  const Tensor host = inputs.to(Device::cpu());
  const DeviceScope on(Device::cpu());
  for (std::int64_t i = 0; i < host.dim(0) || parts.empty(); i += batch_size)
    parts.push_back(forward(host.slice(0, i, std::min(i + batch_size, host.dim(0)))).to(Device::cpu()));
  return parts.size() == 1 ? parts[0] : concat(parts);
}

Optimizer& Trainer::optimizer() { return state_->optimizer; }
Module& Trainer::model() { return *state_->task.module; }
Device Trainer::device() const { return state_->options.device; }
std::string Trainer::memory_plan() const { return state_->training().memory_plan(); }
void Trainer::stop() { state_->stopped = true; }

void Trainer::prepare(const Dataset& rows, std::int64_t batch_size) {
  const DeviceScope on(state_->options.device);
  const GeneratorScope draws(state_->generator);
  const ModeScope mode(*state_->task.module, true);
  Loader batches = state_->loader(rows, batch_size, false);
  for (auto [x, target] : batches) {
    state_->training().prepare(x, target);
    return;
  }
}

}  // namespace weft
