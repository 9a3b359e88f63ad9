// SPDX-License-Identifier: Apache-2.0
#include "weft/optimizer.h"

#include <utility>

#include "core/base/check.h"
#include "optim/optimizer/optimizer_state.h"
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

void Optimizer::minimize(const Tensor& loss) {
  const std::vector<Tensor> g = of_loss(*state_, loss, "minimize");
  const Scope scope(kUpdate);
  state_->advance(state_->arrange(g), equal(loss - loss, 0).reshape({}), full({}, true, DType::kBool));
}

void Optimizer::accumulate(const Tensor& loss) {
  const std::vector<Tensor> g = of_loss(*state_, loss, "accumulate");
  const Scope scope(kUpdate);
  state_->accumulate(g, (loss - loss).reshape({}));
}

void Optimizer::accumulate(const Gradients& gradients) {
  run(state_->accumulate_program, state_->in_order(gradients),
      [&](const std::vector<Tensor>& values) { state_->accumulate(values, {}); });
}

Tensor Optimizer::update() {
  return state_->update_program.run({}, [&](const std::vector<Tensor>&) -> std::vector<Tensor> {
    const Scope scope(kUpdate);
    return {state_->update()};
  })[0];
}

void Optimizer::apply(const Gradients& gradients) {
  run(state_->apply_program, state_->in_order(gradients), [&](const std::vector<Tensor>& values) {
    const Tensor yes = full({}, true, DType::kBool);
    state_->advance(state_->arrange(values), yes, yes);
  });
}

Tensor Optimizer::lr(std::size_t group) const {
  if (group >= state_->groups.size())
    fail<ValueError>("lr", "group ", group, " is asked for, there are ", state_->groups.size());
  const Schedule schedule = detail::rate_of(state_->groups[group].recipe);
  return (schedule.at(state_->updates.value()) * state_->lr_scale.value()).to(DType::kF32);
}

void Optimizer::scale_lr(double factor) { state_->lr_scale.assign(state_->lr_scale.value() * factor); }

std::int64_t Optimizer::updates() const { return state_->updates.value().item<std::int64_t>(); }
std::int64_t Optimizer::skipped() const { return state_->skipped.value().item<std::int64_t>(); }
Tensor Optimizer::finite() const { return state_->finite.value(); }
Tensor Optimizer::overflowed() const { return state_->overflowed.value(); }
Tensor Optimizer::loss_scale() const {
  const DeviceScope on(state_->device);
  return state_->loss_scaler->on() ? state_->loss_scaler->scale().value() : Tensor::scalar(1.0f);
}
const Parameters& Optimizer::parameters() const { return state_->parameters; }

Parameters Optimizer::state() const {
  Parameters out{{"updates", state_->updates},         {"skipped", state_->skipped},
                 {"finite", state_->finite},           {"lr_scale", state_->lr_scale},
                 {"accumulated.count", state_->count}, {"accumulated.residue", state_->loss_residue}};
  const Parameters scale = state_->loss_scaler->state();
  for (std::size_t i = 0; i < scale.size(); ++i) out.add(scale.name(i), scale[i]);
  for (std::size_t s = 0; s < state_->slots.size(); ++s) {
    const detail::Slot& slot = state_->slots[s];
    const std::string prefix = std::to_string(s) + ".";
    const std::string recipe = prefix + state_->groups[slot.groups[0]].recipe.name() + ".";
    for (std::size_t m = 0; m < slot.kept.size(); ++m)
      for (std::size_t i = 0; i < slot.kept[m].entries.size(); ++i)
        out.add(recipe + slot.kept[m].entries[i].name + (slot.elementwise ? "" : "." + std::to_string(m)),
                slot.kept[m].variables[i]);
    out.add(prefix + "accumulated", slot.accumulated);
  }
  return out;
}

}  // namespace weft
