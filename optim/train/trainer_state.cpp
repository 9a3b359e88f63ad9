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

template <class T>
Variable number_on(Device device, T value) {
  const DeviceScope on(device);
  return Variable(Tensor::scalar(value));
}

// A number for each row in the shape of counts, whose first axis has the rows.
Tensor along_rows(const Tensor& numbers, const Shape& shape) {
  std::vector<std::int64_t> dims(static_cast<std::size_t>(shape.rank()), 1);
  dims[0] = shape[0];
  return broadcast_to(numbers.reshape(Shape(dims)), shape);
}

// The rows of the data that a batch is made of.
std::vector<std::int64_t> rows_of_batch(const Source& data, const LoaderOptions& order, std::int64_t epoch,
                                        std::int64_t batch) {
  const std::vector<std::int64_t> all = order_of_rows(data, order, epoch);
  const auto first = all.begin() + batch * order.batch_size;
  return {first, first + std::min(order.batch_size, all.end() - first)};
}

}  // namespace

void check_positive(const char* op, const char* what, std::int64_t given) {
  if (given < 1) fail<ValueError>(op, what, " is ", given, "; it must be positive");
}

RunningMetrics::RunningMetrics(Device device)
    : loss(number_on(device, 0.0)),
      weight(number_on(device, 0.0)),
      correct(number_on(device, 0.0)),
      classified(number_on(device, 0.0)) {}

void RunningMetrics::add(const Tensor& batch_loss, const RowCounts& counts, const Tensor& output,
                         const Tensor& target) {
  const Tensor share = counts.weight.to(DType::kF64);
  loss.assign(loss.value() + batch_loss.reshape({}).to(DType::kF64) * share);
  weight.assign(weight.value() + share);
  if (!counts.classes) return;
  const Tensor right = equal(argmax(output), target.to(DType::kI64));
  correct.assign(correct.value() + where(right, counts.rows, 0).sum().to(DType::kF64));
  classified.assign(classified.value() + counts.rows.sum().to(DType::kF64));
}

void RunningMetrics::reset() {
  const DeviceScope on(loss.device());
  for (const Variable& v : {loss, weight, correct, classified}) v.assign(Tensor::scalar(0.0));
}

Metrics RunningMetrics::read() const {
  const auto share = [](double part, double all) {
    return all > 0 ? part / all : std::numeric_limits<double>::quiet_NaN();
  };
  const auto number = [](const Variable& v) { return v.value().item<double>(); };
  return {.loss = share(number(loss), number(weight)), .accuracy = share(number(correct), number(classified))};
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
      batch(number_on<std::int64_t>(options.device, 0)),
      first_bad(number_on<std::int64_t>(options.device, -1)),
      step(
          [this](const std::vector<Tensor>& columns) -> std::vector<Tensor> {
            trace_step(split(columns));
            return {};
          },
          program_options("training step", options)),
      evaluate_step(
          [this](const std::vector<Tensor>& columns) -> std::vector<Tensor> {
            trace_evaluation(split(columns));
            return {};
          },
          program_options("evaluation", options)),
      scored_step(
          [this](const std::vector<Tensor>& columns) -> std::vector<Tensor> {
            auto [output, rows] = trace_evaluation(split(columns));
            return {std::move(output), std::move(rows)};
          },
          program_options("evaluation with metrics", options)),
      forward([this](const std::vector<Tensor>& inputs) -> std::vector<Tensor> { return {parts.forward(inputs)}; },
              program_options("prediction", options)) {}

// One column more than inputs and target is that of the weights.
std::size_t TrainerState::count_inputs(std::size_t columns) const {
  for (const std::size_t others : {std::size_t{1}, std::size_t{2}})
    if (std::find(parts.inputs.begin(), parts.inputs.end(), columns - others) != parts.inputs.end())
      return columns - others;
  return 0;
}

Columns TrainerState::split(const std::vector<Tensor>& columns) const {
  const auto inputs = static_cast<std::ptrdiff_t>(count_inputs(columns.size()));
  Columns out{{columns.begin(), columns.begin() + inputs}, columns[static_cast<std::size_t>(inputs)], {}};
  if (std::ssize(columns) == inputs + 2) out.weight = columns.back().to(DType::kF32).reshape({-1});
  return out;
}

void TrainerState::check_rows(const char* op, const char* what, const Source& data) const {
  const std::vector<TensorSpec>& rows = data.row_specs();
  const std::size_t inputs = rows.empty() ? 0 : count_inputs(rows.size());
  if (inputs == 0 || data.size() == 0)
    fail<ValueError>(op, what, " has ", rows.size(), " columns and ", data.size(),
                     " rows; it needs inputs and targets, perhaps weights of the rows, and a row");
  if (rows.size() < inputs + 2) return;
  const TensorSpec& weight = rows.back();
  if (!parts.weighs)
    fail<ValueError>(op, what, " has a column of weights, ", weight,
                     " by row, which the loss does not take; give it a third argument, or leave the column out");
  if (!is_floating(weight.dtype))
    fail<DTypeError>(op, "the weights of the rows are ", weight, "; a floating dtype is needed");
  if (weight.shape.numel() != 1) fail<ShapeError>(op, "the weights of a row are ", weight, "; a row has one");
}

std::vector<Tensor> TrainerState::inputs_of(const char* op, const std::vector<Tensor>& columns) const {
  const std::size_t wanted = count_inputs(columns.size()) > 0 ? count_inputs(columns.size()) : parts.inputs.front();
  if (columns.size() < wanted)
    fail<ValueError>(op, "the rows have ", columns.size(), " columns, forward() takes ", wanted);
  return {columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(wanted)};
}

RowCounts TrainerState::count_rows(const Tensor& output, const Columns& columns) const {
  const Tensor& target = columns.target;
  RowCounts out;
  out.classes = has_class_targets(output, target);
  const auto weighted = [&](const Tensor& share) {
    return columns.weight.defined() ? share * along_rows(columns.weight, share.shape()) : share;
  };
  if (parts.row_weight) {
    const Tensor share = parts.row_weight(output, target).to(DType::kF32);
    out.weight = weighted(share).sum();
    if (out.classes) out.rows = weighted(not_equal(share, 0).to(DType::kF32).reshape(target.shape()));
  } else if (out.classes) {
    out.rows = weighted(logical_and(greater_equal(target, 0), less(target, output.dim(-1))).to(DType::kF32));
    out.weight = out.rows.sum();
  } else if (columns.weight.defined()) {
    out.weight = columns.weight.sum();
  } else {
    out.weight = full({}, static_cast<double>(output.dim(0)), DType::kF64);
  }
  if (!out.classes) out.rows = columns.weight;
  return out;
}

std::pair<Tensor, Tensor> TrainerState::trace_evaluation(const Columns& columns) {
  const Tensor output = parts.forward(columns.inputs);
  const RowCounts counted = count_rows(output, columns);
  evaluation.add(parts.loss(output, columns.target, columns.weight), counted, output, columns.target);
  return {output, counted.rows.defined() ? counted.rows.flatten() : zeros({0})};
}

void TrainerState::trace_step(const Columns& columns) {
  const Parameters buffers = parts.model.get("trainer").buffers();
  std::vector<Tensor> before;
  for (const Variable& b : buffers) before.push_back(b.value());
  const Tensor output = parts.forward(columns.inputs);
  const Tensor loss = parts.loss(output, columns.target, columns.weight);
  const RowCounts counted = count_rows(output, columns);
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
  training.add(loss, counted, output, columns.target);
  const Tensor number = batch.value(), bad = first_bad.value();
  first_bad.assign(where(logical_and(logical_not(good), less(bad, 0)), number, bad));
  batch.assign(number + 1);
}

void TrainerState::prepare(const std::vector<Tensor>& columns) {
  step.prepare(columns);
  note_inputs(columns);
}

void TrainerState::note_inputs(const std::vector<Tensor>& columns) {
  if (!traced_inputs.empty()) return;
  for (const Tensor& x : inputs_of("fit", columns)) traced_inputs.push_back({x.shape(), x.dtype()});
}

void TrainerState::train_batch(const std::vector<Tensor>& columns) {
  step(columns);
  note_inputs(columns);
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

std::optional<std::string> TrainerState::bad_column(const std::vector<Tensor>& columns) {
  const Columns given = split(columns);
  const std::size_t inputs = given.inputs.size();
  std::string which = inputs == 1 ? "column 0" : cat("columns 0 to ", inputs - 1);
  try {
    static_cast<void>(forward(given.inputs)[0].to_vector<double>());
    which = cat("column ", inputs);
    evaluate_step(columns);
    static_cast<void>(evaluation.read());
  } catch (const DataError&) {
    return which;
  }
  return std::nullopt;
}

std::optional<std::int64_t> TrainerState::bad_row(const std::vector<Tensor>& columns) {
  try {
    for (std::int64_t row = 0; row < columns[0].dim(0); ++row) {
      std::vector<Tensor> one;
      for (const Tensor& column : columns) one.push_back(column.slice(0, row, row + 1));
      if (bad_column(one)) return row;
    }
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
    const std::optional<std::string> column = bad_column(columns);
    if (!column) continue;
    std::string where;
    if (const std::optional<std::int64_t> row = bad_row(columns))
      where = cat(" (row ", order_of_rows(data, order, epoch)[static_cast<std::size_t>(first + *row)], " of the data)");
    fail<DataError>(op, "batch ", first / order.batch_size, " of epoch ", epoch + 1, ", ", *column, ": ", error.what(),
                    where);
  }
  throw error;
}

}  // namespace weft::detail
