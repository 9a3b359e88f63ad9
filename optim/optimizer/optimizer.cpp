// SPDX-License-Identifier: Apache-2.0
#include "weft/optimizer.h"

#include <exception>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "optim/optimizer/optimizer_state.h"
#include "weft/log.h"
#include "weft/ops.h"
#include "weft/scope.h"

namespace weft {
namespace {

using detail::OptimizerState;

// Marks the optimizer's own work in plans and profiles.
constexpr const char* kUpdate = "(update)";

// The gradients of a loss, which exist only while it is traced: one per parameter, undefined where none arrives.
std::vector<Tensor> of_loss(OptimizerState& state, const Tensor& loss, const char* op) {
  if (!tracing())
    fail<TraceError>(
        op, "there is no tape: call it inside compile(), or give the gradients of value_and_grad() to apply() ",
        "or accumulate()");
  std::vector<Tensor> out = state.in_order(gradients(state.loss_scaler->scaled(loss), state.trainable()));
  for (Tensor& g : out)
    if (g.defined()) g = state.loss_scaler->unscaled(g);
  state.warn_of_orphans(loss);
  return out;
}

// Runs `body` outside a trace: one program for each pattern of defined gradients.
std::vector<Tensor> run(detail::Program& program, const std::vector<Tensor>& values,
                        const std::function<void(const std::vector<Tensor>&)>& body) {
  std::vector<detail::Argument> arguments;
  std::string given = "given:";
  for (const Tensor& v : values) {
    given += v.defined() ? '1' : '0';
    if (v.defined()) arguments.push_back({v, {}});
  }
  arguments.push_back({{}, given});
  return program.run(arguments, [&](const std::vector<Tensor>& inputs) -> std::vector<Tensor> {
    std::vector<Tensor> traced(values.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].defined()) traced[i] = inputs[next++];
    body(traced);
    return {};
  });
}

}  // namespace

Optimizer::Optimizer(Parameters parameters, Recipe recipe, UpdateOptions options)
    : Optimizer(std::vector<Group>{{std::move(parameters), std::move(recipe)}}, options) {}
Optimizer::Optimizer(std::vector<Group> groups, UpdateOptions options)
    : state_(std::make_unique<OptimizerState>(std::move(groups), options)) {}
Optimizer::~Optimizer() = default;
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;

OptimizerState& Optimizer::self() const {
  if (!state_) fail<ValueError>("optimizer", "this optimizer was moved from; use the one that it was moved to");
  return *state_;
}

std::vector<std::vector<Flag>> detail::reached_flags(const Optimizer& optimizer) {
  std::vector<std::vector<Flag>> out;
  for (const Slot& slot : optimizer.self().slots) out.push_back(slot.reached);
  return out;
}

void detail::restart_averages(Optimizer& optimizer) { optimizer.self().restart_averages(); }

EvaluationScope::EvaluationScope(Optimizer& optimizer) : state_(optimizer.self()) { state_.enter_evaluation(); }

EvaluationScope::~EvaluationScope() {
  try {
    state_.leave_evaluation();
  } catch (const std::exception& error) {
    log(LogLevel::kWarning, std::string("optimizer: the values for training could not be put back: ") + error.what());
  }
}

void Optimizer::minimize(const Tensor& loss) {
  const std::vector<Tensor> g = of_loss(self(), loss, "minimize");
  const Scope scope(kUpdate);
  self().advance(self().arrange(g), equal(loss - loss, 0).reshape({}), full({}, true, DType::kBool));
}

void Optimizer::accumulate(const Tensor& loss, const Tensor& weight) {
  if (weight.defined() && weight.numel() != 1)
    fail<ShapeError>("accumulate", "weight is ", weight.shape(), ", it must be one number");
  const std::vector<Tensor> g = of_loss(self(), loss, "accumulate");
  const Scope scope(kUpdate);
  self().accumulate(g, (loss - loss).reshape({}), weight.defined() ? weight.reshape({}) : weight);
}

void Optimizer::accumulate(const Gradients& gradients) {
  run(self().accumulate_program, self().in_order(gradients),
      [&](const std::vector<Tensor>& values) { self().accumulate(values, {}, {}); });
}

Tensor Optimizer::update() {
  return self().update_program.run({}, [&](const std::vector<Tensor>&) -> std::vector<Tensor> {
    const Scope scope(kUpdate);
    return {self().update()};
  })[0];
}

void Optimizer::apply(const Gradients& gradients) {
  run(self().apply_program, self().in_order(gradients), [&](const std::vector<Tensor>& values) {
    const Tensor yes = full({}, true, DType::kBool);
    self().advance(self().arrange(values), yes, yes);
  });
}

Tensor Optimizer::lr(std::size_t group) const {
  if (group >= self().groups.size())
    fail<ValueError>("lr", "group ", group, " is asked for, there are ", self().groups.size());
  const Schedule schedule = detail::rate_of(self().groups[group].recipe);
  return (schedule.at(self().updates.value()) * self().lr_scale.value()).to(DType::kF32);
}

void Optimizer::scale_lr(double factor) { self().lr_scale.assign(self().lr_scale.value() * factor); }

std::int64_t Optimizer::updates() const { return self().updates.value().item<std::int64_t>(); }
std::int64_t Optimizer::skipped() const { return self().skipped.value().item<std::int64_t>(); }
Tensor Optimizer::finite() const { return self().finite.value(); }
Tensor Optimizer::overflowed() const { return self().overflowed.value(); }
Tensor Optimizer::loss_scale() const {
  const DeviceScope on(self().device);
  return self().loss_scaler->on() ? self().loss_scaler->scale().value() : Tensor::scalar(1.0f);
}
const Parameters& Optimizer::parameters() const { return self().parameters; }

Parameters Optimizer::state() const {
  Parameters out{{"updates", self().updates},
                 {"skipped", self().skipped},
                 {"finite", self().finite},
                 {"lr_scale", self().lr_scale},
                 {"accumulated.count", self().count},
                 {"accumulated.residue", self().loss_residue},
                 {"accumulated.weight", self().weight}};
  const Parameters scale = self().loss_scaler->state();
  for (std::size_t i = 0; i < scale.size(); ++i) out.add(scale.name(i), scale[i]);
  for (std::size_t s = 0; s < self().slots.size(); ++s) {
    const detail::Slot& slot = self().slots[s];
    const std::string prefix = std::to_string(s) + ".";
    const std::string recipe = prefix + self().groups[slot.groups[0]].recipe.name() + ".";
    for (std::size_t m = 0; m < slot.kept.size(); ++m)
      for (std::size_t i = 0; i < slot.kept[m].entries.size(); ++i)
        out.add(recipe + slot.kept[m].entries[i].name + (slot.elementwise ? "" : "." + std::to_string(m)),
                slot.kept[m].variables[i]);
    for (std::size_t n = 0; n < slot.numbers.size(); ++n)
      for (std::size_t i = 0; i < slot.numbers[n].entries.size(); ++i)
        out.add(recipe + slot.numbers[n].entries[i].name + (slot.numbers.size() == 1 ? "" : "." + std::to_string(n)),
                slot.numbers[n].variables[i]);
    out.add(prefix + "accumulated", slot.accumulated);
  }
  return out;
}

}  // namespace weft
