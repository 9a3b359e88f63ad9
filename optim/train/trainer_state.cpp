// SPDX-License-Identifier: Apache-2.0
#include "optim/train/trainer_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

// Moves the model to its device and draws its values. Comes first, because the optimizer lays the parameters out there.
TrainerParts placed(TrainerParts parts, const TrainerOptions& options, std::uint64_t seed) {
  if (options.accumulate < 1)
    fail<ValueError>("trainer", "accumulate is ", options.accumulate, "; it must be positive");
  for (const StateEntry& entry : parts.model.get("trainer").state_dict())
    if (!entry.variable.initialized() || entry.variable.device() != options.device) entry.variable.to(options.device);
  parts.model.get("trainer").initialize(seed);
  return parts;
}

// f16 gradients need a loss scale; 2^16 is PyTorch's first value, too.
UpdateOptions update_of(const TrainerOptions& options) {
  UpdateOptions update = options.update;
  if (options.precision == Precision::kF16 && update.loss_scale.initial == 0) update.loss_scale.initial = 65536;
  return update;
}

std::vector<Group> groups_of(Module& model, std::vector<Group> groups, std::optional<Recipe> recipe) {
  if (recipe) groups.push_back({model.parameters(), std::move(*recipe)});
  return groups;
}

bool has_class_targets(const Tensor& output, const Tensor& target) {
  if (is_floating(target.dtype()) || output.rank() != target.rank() + 1) return false;
  for (int axis = 0; axis < target.rank(); ++axis)
    if (output.dim(axis) != target.dim(axis)) return false;
  return true;
}

// Rows of the last batches of many datasets have no bound, so that old traces go instead of an error.
CompileOptions program_options(const char* name, const TrainerOptions& options) {
  return {.name = name, .precision = options.precision, .device = options.device, .evict_traces = true};
}

Variable number_on(Device device, std::int64_t value) {
  const DeviceScope on(device);
  return Variable(Tensor::scalar(value));
}

// The rows of the data that a batch is made of.
std::vector<std::int64_t> rows_of_batch(const Source& data, const LoaderOptions& order, std::int64_t epoch,
                                        std::int64_t batch) {
  const std::vector<std::int64_t> all = order_of_rows(data, order, epoch);
  const auto first = all.begin() + batch * order.batch_size;
  return {first, first + std::min(order.batch_size, all.end() - first)};
}

}  // namespace

void check_rows(const char* op, const char* what, const Source& data) {
  if (const std::size_t columns = data.row_specs().size(); columns != 2 || data.size() == 0)
    fail<ValueError>(op, what, " has ", columns, " columns and ", data.size(),
                     " rows; it needs inputs and targets, and a row");
}

void check_positive(const char* op, const char* what, std::int64_t given) {
  if (given < 1) fail<ValueError>(op, what, " is ", given, "; it must be positive");
}

RunningMetrics::RunningMetrics(Device device) : correct(number_on(device, 0)), classified(number_on(device, 0)) {
  const DeviceScope on(device);
  loss = Variable(Tensor::scalar(0.0));
  weight = Variable(Tensor::scalar(0.0));
}

void RunningMetrics::add(const Tensor& batch_loss, const RowCounts& counts, const Tensor& output,
                         const Tensor& target) {
  const Tensor share = counts.weight.to(DType::kF64);
  loss.assign(loss.value() + batch_loss.reshape({}).to(DType::kF64) * share);
  weight.assign(weight.value() + share);
  if (!counts.rows.defined()) return;
  const Tensor hits = logical_and(equal(argmax(output), target.to(DType::kI64)), counts.rows);
  correct.assign(correct.value() + hits.to(DType::kF32).sum().to(DType::kI64));
  classified.assign(classified.value() + counts.rows.to(DType::kF32).sum().to(DType::kI64));
}

void RunningMetrics::reset() {
  const DeviceScope on(loss.device());
  for (const Variable& v : {loss, weight}) v.assign(Tensor::scalar(0.0));
  for (const Variable& v : {correct, classified}) v.assign(Tensor::scalar<std::int64_t>(0));
}

Metrics RunningMetrics::read() const {
  const auto share = [](double part, double all) {
    return all > 0 ? part / all : std::numeric_limits<double>::quiet_NaN();
  };
  const auto count = [](const Variable& v) { return static_cast<double>(v.value().item<std::int64_t>()); };
  return {.loss = share(loss.value().item<double>(), weight.value().item<double>()),
          .accuracy = share(count(correct), count(classified))};
}

ModeScope::ModeScope(ModuleRef module, bool training) : module_(std::move(module)) {
  Module& now = module_.get("mode");
  now.apply([this](const std::string&, Module& m) { before_.push_back(m.training()); });
  now.train(training);
}

ModeScope::~ModeScope() {
  if (module_.gone()) return;
  std::size_t next = 0;
  // Parents come first, so that a child's own mode is set last.
  module_.get("mode").apply([&](const std::string&, Module& m) { m.train(before_[next++]); });
}

TrainerState::TrainerState(TrainerParts given, std::vector<Group> groups, std::optional<Recipe> recipe,
                           TrainerOptions trainer_options)
    : TrainerState(std::move(given), std::move(groups), std::move(recipe), trainer_options,
                   trainer_options.seed ? *trainer_options.seed : draw_seed()) {}

TrainerState::TrainerState(TrainerParts given, std::vector<Group> groups, std::optional<Recipe> recipe,
                           TrainerOptions trainer_options, std::uint64_t seed)
    : parts(placed(std::move(given), trainer_options, seed)),
      options(trainer_options),
      generator(seed),
      optimizer(groups_of(parts.model.get("trainer"), std::move(groups), std::move(recipe)),
                update_of(trainer_options)),
      training(options.device),
      evaluation(options.device),
      batch(number_on(options.device, 0)),
      first_bad(number_on(options.device, -1)),
      step([this](Tensor x, Tensor y) { trace_step(x, y); }, program_options("training step", options)),
      evaluate_step([this](Tensor x, Tensor y) { trace_evaluation(x, y); }, program_options("evaluation", options)),
      scored_step([this](Tensor x, Tensor y) { return trace_evaluation(x, y); },
                  program_options("evaluation with metrics", options)),
      forward([this](Tensor x) { return parts.forward(x); }, program_options("prediction", options)) {}

RowCounts TrainerState::count_rows(const Tensor& output, const Tensor& target) const {
  RowCounts out;
  const bool classes = has_class_targets(output, target);
  if (parts.row_weight) {
    const Tensor weight = parts.row_weight(output, target);
    out.weight = weight.sum();
    if (classes) out.rows = not_equal(weight, 0).reshape(target.shape());
  } else if (classes) {
    out.rows = logical_and(greater_equal(target, 0), less(target, output.dim(-1)));
    out.weight = out.rows.to(DType::kF32).sum();
  } else {
    out.weight = full({}, static_cast<double>(output.dim(0)), DType::kF64);
  }
  return out;
}

std::pair<Tensor, Tensor> TrainerState::trace_evaluation(const Tensor& x, const Tensor& y) {
  const Tensor output = parts.forward(x);
  const RowCounts counted = count_rows(output, y);
  evaluation.add(parts.loss(output, y), counted, output, y);
  return {output, counted.rows.defined() ? counted.rows.to(DType::kF32).flatten() : zeros({0})};
}

void TrainerState::trace_step(const Tensor& x, const Tensor& y) {
  const Parameters buffers = parts.model.get("trainer").buffers();
  std::vector<Tensor> before;
  for (const Variable& b : buffers) before.push_back(b.value());
  const Tensor output = parts.forward(x), loss = parts.loss(output, y);
  const RowCounts counted = count_rows(output, y);
  Tensor finite = equal(loss - loss, 0).reshape({}), good = finite;
  if (options.accumulate == 1) {
    optimizer.minimize(loss);
    finite = optimizer.finite();
    good = logical_or(finite, optimizer.overflowed());
  } else {
    optimizer.accumulate(loss, counted.weight);
  }
  // Running statistics of a bad batch are taken back, because they would spoil every later evaluation.
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].assign(where(finite, buffers[i].value(), before[i]));
  training.add(loss, counted, output, y);
  const Tensor number = batch.value(), bad = first_bad.value();
  first_bad.assign(where(logical_and(logical_not(good), less(bad, 0)), number, bad));
  batch.assign(number + 1);
}

void TrainerState::prepare(const Tensor& x, const Tensor& y) {
  step.prepare(x, y);
  input = TensorSpec{x.shape(), x.dtype()};
}

void TrainerState::train_batch(const Tensor& x, const Tensor& y) {
  step(x, y);
  if (!input) input = TensorSpec{x.shape(), x.dtype()};
  if (options.accumulate > 1 && ++counts.waiting == options.accumulate) {
    optimizer.update();
    counts.waiting = 0;
  }
}

void TrainerState::finish_update() {
  if (counts.waiting > 0) optimizer.update();
  counts.waiting = 0;
}

std::vector<std::pair<std::string, Variable>> TrainerState::figures() const {
  return {{"loss", training.loss},
          {"weight", training.weight},
          {"correct", training.correct},
          {"classified", training.classified},
          {"batch", batch},
          {"first_bad", first_bad}};
}

void TrainerState::reset_epoch() {
  training.reset();
  const DeviceScope on(options.device);
  batch.assign(Tensor::scalar<std::int64_t>(0));
  first_bad.assign(Tensor::scalar<std::int64_t>(-1));
  skipped_before = optimizer.skipped();
}

void TrainerState::check_finite(const Source& data, const LoaderOptions& order) {
  std::int64_t bad = -1;
  try {
    bad = first_bad.value().item<std::int64_t>();
    if (bad < 0 && optimizer.skipped() == skipped_before) return;
  } catch (const DataError& error) {
    blame_batch(error, "fit", data, order, counts.epochs);
  }
  // With accumulation a bad gradient shows only at the update: the last batch stands for those before it.
  const std::int64_t index = bad >= 0 ? bad : batch.value().item<std::int64_t>() - 1;
  const PassHandle pass = start_pass(data, order, counts.epochs, index);
  fail<DataError>("fit", "batch ", index, " of epoch ", counts.epochs + 1, " is not finite, beginning with ",
                  first_bad_tensor(*this, *pass.batch(), rows_of_batch(data, order, counts.epochs, index)),
                  "; it has changed no value");
}

std::optional<int> TrainerState::bad_column(const std::vector<Tensor>& columns) {
  int column = 0;
  try {
    static_cast<void>(forward(columns[0]).to_vector<double>());
    column = 1;
    evaluate_step(columns[0], columns[1]);
    static_cast<void>(evaluation.read());
  } catch (const DataError&) {
    return column;
  }
  return std::nullopt;
}

std::optional<std::int64_t> TrainerState::bad_row(const std::vector<Tensor>& columns) {
  try {
    for (std::int64_t row = 0; row < columns[0].dim(0); ++row)
      if (bad_column({columns[0].slice(0, row, row + 1), columns[1].slice(0, row, row + 1)})) return row;
  } catch (const Error&) {  // a model may refuse a batch of one row
  }
  return std::nullopt;
}

void TrainerState::blame_batch(const DataError& error, const char* op, const Source& data, const LoaderOptions& order,
                               std::int64_t epoch) {
  const ModeScope mode(parts.model, false);
  std::int64_t first = 0;
  for (PassHandle pass = start_pass(data, order, epoch); pass.batch(); pass.advance(), first += order.batch_size) {
    const std::vector<Tensor>& columns = *pass.batch();
    const std::optional<int> column = bad_column(columns);
    if (!column) continue;
    std::string where;
    if (const std::optional<std::int64_t> row = bad_row(columns))
      where = cat(" (row ", order_of_rows(data, order, epoch)[static_cast<std::size_t>(first + *row)], " of the data)");
    fail<DataError>(op, "batch ", first / order.batch_size, " of epoch ", epoch + 1, ", column ", *column, ": ",
                    error.what(), where);
  }
  throw error;
}

}  // namespace weft::detail
