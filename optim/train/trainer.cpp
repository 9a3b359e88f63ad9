// SPDX-License-Identifier: Apache-2.0
#include "weft/trainer.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "optim/train/fit.h"
#include "optim/train/trainer_state.h"
#include "weft/ops.h"

namespace weft {
namespace {

LoaderOptions rows_in_order(const detail::TrainerState& state, std::int64_t batch_size) {
  return {.batch_size = batch_size, .shuffle = false, .device = state.options.device};
}

}  // namespace

Trainer::Trainer(detail::TrainerParts parts, std::vector<Group> groups, std::optional<Recipe> recipe,
                 TrainerOptions options)
    : state_(std::make_unique<detail::TrainerState>(std::move(parts), std::move(groups), std::move(recipe), options)) {}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

detail::TrainerState& Trainer::state() const {
  if (!state_) fail<ValueError>("trainer", "this trainer was moved from; use the one that it was moved to");
  return *state_;
}

History Trainer::fit(const Source& train, const FitOptions& options) {
  return detail::Fit(*this, state(), train, options).run();
}

Metrics Trainer::evaluate(const Source& data, std::int64_t batch_size, const std::vector<metrics::Metric>& metrics) {
  detail::check_rows("evaluate", "the data", data);
  detail::check_positive("evaluate", "batch_size", batch_size);
  const detail::ModeScope mode(state().parts.model, false);
  const EvaluationScope averages(state().optimizer);
  const GeneratorScope draws(state().generator);
  state().evaluation.reset();
  const LoaderOptions order = rows_in_order(state(), batch_size);
  std::vector<metrics::Running> running;
  for (const metrics::Metric& metric : metrics.empty() ? state().metrics : metrics) running.emplace_back(metric);
  const DeviceScope on(state().options.device);
  try {
    for (auto pass = detail::start_pass(data, order, 0); pass.batch(); pass.advance()) {
      const Tensor &input = (*pass.batch())[0], &target = (*pass.batch())[1];
      if (running.empty()) {
        state().evaluate_step(input, target);
        continue;
      }
      const auto [output, rows] = state().scored_step(input, target);
      for (metrics::Running& metric : running) metric.add(output, target, rows.numel() > 0 ? rows : Tensor());
    }
    Metrics out = state().evaluation.read();
    for (const metrics::Running& metric : running) out.others.emplace_back(metric.metric().name, metric.result());
    return out;
  } catch (const DataError& error) {
    state().blame_batch(error, "evaluate", data, order, 0);
  }
}

Tensor Trainer::predict(const Tensor& inputs, std::int64_t batch_size) {
  detail::check_positive("predict", "batch_size", batch_size);
  if (inputs.rank() == 0 || inputs.dim(0) == 0)
    fail<ValueError>("predict", "inputs are ", inputs.shape(), "; the first axis must count at least a row");
  const detail::ModeScope mode(state().parts.model, false);
  const EvaluationScope averages(state().optimizer);
  const GeneratorScope draws(state().generator);
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0; begin < inputs.dim(0); begin += batch_size)
    parts.push_back(state().forward(inputs.slice(0, begin, std::min(begin + batch_size, inputs.dim(0)))));
  return parts.size() == 1 ? parts[0] : concat(parts);
}

Metrics Trainer::running() const { return state().training.read(); }
Optimizer& Trainer::optimizer() { return state().optimizer; }
Module& Trainer::model() { return state().parts.model.get("trainer"); }
void Trainer::save(const std::filesystem::path& path) const { state().save(path); }
std::optional<int> Trainer::resume(const std::filesystem::path& path) { return state().resume(path); }

RateCurve Trainer::find_rate(const Source& train, const RateFinderOptions& options) {
  return state().find_rate(train, options);
}

void Trainer::prepare(const Source& train, std::int64_t batch_size) {
  detail::check_rows("prepare", "the training data", train);
  detail::check_positive("prepare", "batch_size", batch_size);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), batch_size), 0);
  state().prepare((*pass.batch())[0], (*pass.batch())[1]);
}

std::int64_t Trainer::largest_batch(const Source& train, std::int64_t memory) {
  detail::check_rows("largest_batch", "the training data", train);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), 32), 0);
  return state().step.largest_batch(memory, (*pass.batch())[0], (*pass.batch())[1]);
}

LayerReport Trainer::layer_report(const Dataset& rows) {
  detail::check_rows("layer_report", "the data", rows);
  return detail::report_layers(state(), rows);
}

ModelSummary Trainer::summary() const {
  if (!state().input) fail<TraceError>("summary", "the training step has not been traced yet; call prepare() or fit()");
  const DeviceScope on(state().options.device);
  return detail::summary(state().parts.model.get("trainer"), {*state().input}, 1,
                         [this](const std::vector<Tensor>& in) { static_cast<void>(state().parts.forward(in[0])); });
}

Profile Trainer::profile() const { return state().step.profile(); }
MemoryReport Trainer::memory_plan() const { return state().step.memory_plan(); }

}  // namespace weft
