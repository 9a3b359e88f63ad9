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

// The model in eval mode with the optimizer's values for inference.
class Prediction {
 public:
  explicit Prediction(detail::TrainerState& state)
      : state_(state), mode_(state.parts.model, false), averages_(state.optimizer), draws_(state.generator) {}
  Tensor of(const std::vector<Tensor>& inputs) const { return state_.forward(inputs)[0]; }

 private:
  detail::TrainerState& state_;
  const detail::ModeScope mode_;
  const EvaluationScope averages_;
  const GeneratorScope draws_;
};

Tensor joined(const std::vector<Tensor>& parts) { return parts.size() == 1 ? parts[0] : concat(parts); }

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
  state().check_rows("evaluate", "the data", data);
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
      if (running.empty()) {
        state().evaluate_step(*pass.batch());
        continue;
      }
      const std::vector<Tensor> scored = state().scored_step(*pass.batch());
      const Tensor& target = (*pass.batch())[state().count_inputs(pass.batch()->size())];
      for (metrics::Running& metric : running)
        metric.add(scored[0], target, scored[1].numel() > 0 ? scored[1] : Tensor());
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
  const Prediction prediction(state());
  std::vector<Tensor> parts;
  for (std::int64_t begin = 0; begin < inputs.dim(0); begin += batch_size)
    parts.push_back(prediction.of({inputs.slice(0, begin, std::min(begin + batch_size, inputs.dim(0)))}));
  return joined(parts);
}

Tensor Trainer::predict(const Source& rows, std::int64_t batch_size) {
  detail::check_positive("predict", "batch_size", batch_size);
  if (rows.size() == 0) fail<ValueError>("predict", "there are no rows; give at least one");
  const Prediction prediction(state());
  std::vector<Tensor> parts;
  for (auto pass = detail::start_pass(rows, rows_in_order(state(), batch_size), 0); pass.batch(); pass.advance())
    parts.push_back(prediction.of(state().inputs_of("predict", *pass.batch())));
  return joined(parts);
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
  state().check_rows("prepare", "the training data", train);
  detail::check_positive("prepare", "batch_size", batch_size);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), batch_size), 0);
  state().prepare(*pass.batch());
}

std::int64_t Trainer::largest_batch(const Source& train, std::int64_t memory) {
  state().check_rows("largest_batch", "the training data", train);
  const detail::ModeScope mode(state().parts.model, true);
  const GeneratorScope draws(state().generator);
  const auto pass = detail::start_pass(train, rows_in_order(state(), 32), 0);
  return state().step.largest_batch(memory, *pass.batch());
}

LayerReport Trainer::layer_report(const Dataset& rows) {
  state().check_rows("layer_report", "the data", rows);
  return detail::report_layers(state(), rows);
}

ModelSummary Trainer::summary() const {
  if (state().traced_inputs.empty())
    fail<TraceError>("summary", "the training step has not been traced yet; call prepare() or fit()");
  const DeviceScope on(state().options.device);
  const std::vector<TensorSpec>& inputs = state().traced_inputs;
  return detail::summary(state().parts.model.get("trainer"), inputs, inputs.size(),
                         [this](const std::vector<Tensor>& in) { static_cast<void>(state().parts.forward(in)); });
}

Profile Trainer::profile() const { return state().step.profile(); }
MemoryReport Trainer::memory_plan() const { return state().step.memory_plan(); }

}  // namespace weft
