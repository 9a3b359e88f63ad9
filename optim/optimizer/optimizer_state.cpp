// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/optimizer_state.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "optim/optimizer/clipping.h"
#include "weft/log.h"
#include "weft/ops.h"
#include "weft/scope.h"

namespace weft::detail {
namespace {

std::string label(const std::vector<Group>& groups, std::size_t index) {
  return groups[index].name.empty() ? std::to_string(index) : groups[index].name;
}

}  // namespace

OptimizerState::OptimizerState(std::vector<Group> given, UpdateOptions update_options)
    : groups(std::move(given)),
      options(update_options),
      apply_program({.name = "apply"}),
      accumulate_program({.name = "accumulate"}),
      update_program({.name = "update"}),
      evaluation_program({.name = "evaluation values"}) {
  if (tracing()) fail<TraceError>("optimizer", "an optimizer is made outside a trace, because it lays parameters out");
  check_limits(options);
  check_groups();
  lay_out_groups();
  ownership_.emplace(parameters);
  device = slots.empty() ? default_device() : slots[0].segment.flat.device();
  const DeviceScope on(device);
  updates = Variable(Tensor::scalar<std::int64_t>(0));
  skipped = Variable(Tensor::scalar<std::int64_t>(0));
  count = Variable(Tensor::scalar<std::int64_t>(0));
  weight = Variable(Tensor::scalar(0.0));
  lr_scale = Variable(Tensor::scalar(1.0));
  finite = Variable(Tensor::scalar(true));
  overflowed = Variable(Tensor::scalar(false));
  loss_scaler = std::make_unique<LossScaler>(options.loss_scale, device);
  loss_residue = Variable(Tensor::scalar(0.0));
  skip_notice_.emplace(parameters, device);
}

void OptimizerState::check_groups() const {
  std::map<const Cell*, std::size_t> group_of;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    groups[g].recipe.check();
    for (std::size_t i = 0; i < groups[g].parameters.size(); ++i) {
      const Variable& v = groups[g].parameters[i];
      const auto [place, fresh] = group_of.emplace(v.cell().get(), g);
      if (!fresh)
        fail_at<ValueError>("optimizer", v.path(), "the parameter is in group '", label(groups, place->second),
                            "' and in group '", label(groups, g), "'; it may be in one");
      if (!is_floating(v.dtype()))
        fail_at<DTypeError>("optimizer", v.path(), "the parameter is ", v.dtype(),
                            "; only floating ones can be trained");
      const Scope at(v.path().empty() ? groups[g].parameters.name(i) : v.path());
      groups[g].recipe.check_shape(v.shape());
    }
  }
}

void OptimizerState::lay_out_groups() {
  std::vector<RecipePlan> plans;                // per group
  std::vector<std::vector<std::size_t>> rules;  // groups that are updated together, in the order of the first ones
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const Parameters& own = groups[g].parameters;
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < own.size(); ++i) {
      position[own[i].cell().get()] = parameters.size();
      parameters.add(own.name(i), own[i]);
      const Shape& shape = own[i].shape();
      if (shape.numel() > 0 && std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
    }
    plans.push_back(plan_of(groups[g].recipe, shapes));
    const auto same = std::find_if(rules.begin(), rules.end(), [&](const std::vector<std::size_t>& rule) {
      return same_choices(groups[rule[0]].recipe, groups[g].recipe) &&
             std::all_of(rule.begin(), rule.end(), [&](std::size_t other) { return plans[other].joins(plans[g]); });
    });
    (same == rules.end() ? rules.emplace_back() : *same).push_back(g);
  }
  for (const std::vector<std::size_t>& rule : rules) add_slots(rule, plans);
}

void OptimizerState::add_slots(const std::vector<std::size_t>& of_one_rule, const std::vector<RecipePlan>& plans) {
  std::vector<Variable> all;
  std::map<const Cell*, std::size_t> group_of;
  for (const std::size_t g : of_one_rule) {
    for (const Variable& v : groups[g].parameters) {
      all.push_back(v);
      group_of[v.cell().get()] = g;
    }
  }
  for (Segment& segment : lay_out(all)) {
    Slot slot;
    slot.segment = std::move(segment);
    slot.dtype = slot.segment.flat.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
    for (const Variable& v : slot.segment.members) {
      slot.groups.push_back(group_of.at(v.cell().get()));
      slot.reached.emplace_back(false);
      slot.positions.push_back(position.at(v.cell().get()));
    }
    add_state(slot, plans);
    slots.push_back(std::move(slot));
  }
}

void OptimizerState::add_state(Slot& slot, const std::vector<RecipePlan>& plans) const {
  const Shape whole{slot.segment.numel()};
  const auto filled = [&](const Shape& shape, double value, DType type) {
    Variable made(shape, {[value](const Shape& s, DType dtype) { return full(s, value, dtype); }}, type);
    made.to(slot.segment.flat.device());
    return made;
  };
  slot.accumulated = filled(whole, 0, slot.dtype);
  for (const std::size_t g : slot.groups) slot.elementwise = slot.elementwise && plans[g].elementwise;
  std::vector<Recipe> recipes;  // of slot.numbers
  for (std::size_t m = 0; m < slot.groups.size(); ++m) {
    KeptValues asked = plans[slot.groups[m]].state_of(slot.segment.members[m].shape());
    const Recipe& recipe = groups[slot.groups[m]].recipe;
    const auto known = slot.elementwise ? std::find(recipes.begin(), recipes.end(), recipe) : recipes.end();
    slot.numbers_of.push_back(static_cast<std::size_t>(known - recipes.begin()));
    if (known == recipes.end()) {
      recipes.push_back(recipe);
      slot.numbers.emplace_back();
    }
    if (KeptState<KeptNumber>& own = slot.numbers[slot.numbers_of[m]]; own.entries.empty()) {
      own.entries = std::move(asked.numbers);
      for (const KeptNumber& e : own.entries) own.variables.push_back(filled({}, e.initial, DType::kF64));
    }
    KeptState<KeptTensor> kept{std::move(asked.tensors)};
    for (const KeptTensor& e : kept.entries)
      kept.variables.push_back(filled(slot.elementwise ? whole : e.shape, e.initial, slot.dtype));
    if (!slot.elementwise) {
      slot.kept.push_back(std::move(kept));
    } else if (slot.kept.empty() || slot.kept[0].entries.empty()) {  // a member without elements keeps nothing
      slot.kept.assign(1, kept);
    }
  }
}

Parameters OptimizerState::trainable() const {
  Parameters out;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].trainable()) out.add(parameters.name(i), parameters[i]);
  return out;
}

void OptimizerState::warn_of_orphans(const Tensor& loss) {
  if (warned_) return;
  std::vector<Variable> orphans = reached_parameters(loss);
  std::erase_if(orphans, [](const Variable& v) { return Ownership::held(v); });
  if (orphans.empty()) return;
  constexpr std::size_t kNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < std::min(orphans.size(), kNamed); ++i) {
    const std::string& path = orphans[i].path();
    names += (i > 0 ? ", " : "") + (path.empty() ? "one of shape " + orphans[i].shape().text() : path);
  }
  if (orphans.size() > kNamed) names += " and " + std::to_string(orphans.size() - kNamed) + " more";
  log(LogLevel::kWarning,
      "optimizer: the loss reaches trainable parameters that no optimizer holds, so they keep their "
      "values: " +
          names + "; give them to an optimizer or freeze them");
  warned_ = true;
}

std::vector<Tensor> OptimizerState::in_order(const Gradients& gradients) const {
  std::vector<Tensor> out(parameters.size());
  for (std::size_t i = 0; i < gradients.values.size(); ++i) {
    const auto found = position.find(gradients.of[i].cell().get());
    if (found != position.end()) out[found->second] = gradients.values[i];
  }
  return out;
}

SlotGradient OptimizerState::moving_part(const Slot& slot, std::vector<bool> moving) const {
  SlotGradient part;
  std::vector<std::optional<std::size_t>> of(moving.size());
  for (std::size_t i = 0; i < moving.size(); ++i) {
    if (!moving[i] || slot.segment.members[i].numel() == 0) continue;
    const Recipe& recipe = groups[slot.groups[i]].recipe;
    const auto known = std::find(part.recipes.begin(), part.recipes.end(), recipe);
    of[i] = static_cast<std::size_t>(known - part.recipes.begin());
    if (known == part.recipes.end()) {
      part.recipes.push_back(recipe);
      part.numbers.push_back(slot.numbers_of[i]);
    }
  }
  part.moving = std::move(moving);
  if (!part.recipes.empty()) part.rows.emplace(slot.segment, of);
  return part;
}

std::vector<SlotGradient> OptimizerState::arrange(const std::vector<Tensor>& values) const {
  std::vector<SlotGradient> out;
  bool any = false;
  for (const Slot& slot : slots) {
    std::vector<Tensor> parts;
    std::vector<bool> moving;
    for (std::size_t i = 0; i < slot.positions.size(); ++i) {
      const Tensor& value = values[slot.positions[i]];
      const bool moves = value.defined() && slot.segment.members[i].trainable();
      moving.push_back(moves);
      parts.push_back(moves ? value : Tensor());
    }
    SlotGradient part = moving_part(slot, std::move(moving));
    any = any || part.rows;
    if (part.rows) part.value = part.rows->view(slot.segment.gather(parts)).to(slot.dtype);
    out.push_back(std::move(part));
  }
  if (!any)
    log(LogLevel::kWarning, "optimizer: no gradient reaches any of its trainable parameters; the update moves nothing");
  return out;
}

void OptimizerState::accumulate(const std::vector<Tensor>& values, const Tensor& residue, const Tensor& counts) {
  const std::vector<SlotGradient> gradients = arrange(values);
  for (std::size_t s = 0; s < slots.size(); ++s) {
    const SlotGradient& part = gradients[s];
    if (!part.rows) continue;
    const Tensor part_sum = counts.defined() ? part.value * counts.to(slots[s].dtype) : part.value;
    const Tensor sum = part.rows->view(slots[s].accumulated.value()) + part_sum;
    slots[s].accumulated.assign(part.rows->flat(sum));
    for (std::size_t i = 0; i < slots[s].reached.size(); ++i)
      if (part.moving[i]) slots[s].reached[i].set(true);
  }
  count.assign(count.value() + 1);
  weight.assign(counts.defined() ? weight.value() + counts.to(DType::kF64) : weight.value() + 1);
  if (residue.defined()) loss_residue.assign(loss_residue.value() + residue.to(DType::kF64));
}

Tensor OptimizerState::update() {
  const Tensor calls = count.value(), residue = loss_residue.value(), whole = weight.value();
  std::vector<SlotGradient> mean;
  for (const Slot& slot : slots) {
    std::vector<bool> moving;
    // Both flags are always read, because only a flag that is read guards the trace.
    for (std::size_t i = 0; i < slot.reached.size(); ++i) {
      const bool trains = slot.segment.members[i].trainable();
      moving.push_back(slot.reached[i].get() && trains);
    }
    SlotGradient part = moving_part(slot, std::move(moving));
    if (part.rows) {
      const Tensor divisor = where(equal(whole, 0), 1, whole).to(slot.dtype);
      part.value = part.rows->view(slot.accumulated.value()) / divisor;
      slot.accumulated.assign(zeros({slot.segment.numel()}, slot.dtype));
    }
    mean.push_back(std::move(part));
  }
  count.assign(zeros_like(calls));
  weight.assign(zeros_like(whole));
  loss_residue.assign(zeros_like(residue));
  return advance(mean, equal(residue, 0), greater(calls, 0));
}

std::vector<const Slot*> OptimizerState::averaged() const {
  std::vector<const Slot*> out;
  for (const Slot& slot : slots)
    if (slot.segment.numel() > 0 && groups[slot.groups[0]].recipe.averages()) out.push_back(&slot);
  return out;
}

void OptimizerState::enter_evaluation() {
  const std::vector<const Slot*> all = averaged();
  if (++evaluations_ > 1 || all.empty()) return;
  try {
    training_ = evaluation_program.run({}, [&](const std::vector<Tensor>&) {
      const UpdateClock clock{updates.value(), updates.value().to(DType::kF64), lr_scale.value()};
      std::vector<Tensor> before;
      for (const Slot* slot : all) {
        const SlotGradient part = moving_part(*slot, std::vector<bool>(slot->positions.size(), true));
        before.push_back(slot->segment.value());
        slot->segment.assign(evaluation(*slot, groups, part, clock));
      }
      return before;
    });
  } catch (...) {
    --evaluations_;
    throw;
  }
}

void OptimizerState::leave_evaluation() {
  if (--evaluations_ > 0) return;
  const std::vector<const Slot*> all = averaged();
  for (std::size_t i = 0; i < training_.size(); ++i) all[i]->segment.assign(training_[i]);
  training_.clear();
}

void OptimizerState::restart_averages() const {
  for (const Slot* slot : averaged())
    for (const KeptState<KeptTensor>& kept : slot->kept)
      for (std::size_t i = 0; i < kept.entries.size(); ++i)
        if (std::isnan(kept.entries[i].initial))
          kept.variables[i].assign(full_like(kept.variables[i].value(), kept.entries[i].initial));
}

std::vector<Tensor> OptimizerState::by_parameter(const std::vector<SlotGradient>& gradients) const {
  std::vector<Tensor> out(parameters.size());
  for (std::size_t s = 0; s < slots.size(); ++s) {
    if (!gradients[s].rows) continue;
    const Tensor flat = gradients[s].rows->flat(gradients[s].value);
    for (std::size_t i = 0; i < slots[s].positions.size(); ++i) {
      const std::int64_t begin = slots[s].segment.offsets[i], length = slots[s].segment.members[i].numel();
      if (gradients[s].moving[i] && length > 0) out[slots[s].positions[i]] = flat.slice(0, begin, begin + length);
    }
  }
  return out;
}

Tensor OptimizerState::advance(const std::vector<SlotGradient>& gradients, const Tensor& finite_loss,
                               const Tensor& wanted) {
  Tensor healthy = finite_loss;
  std::vector<Tensor> moving;
  for (const SlotGradient& part : gradients) {
    if (!part.rows) continue;
    healthy = logical_and(healthy, all_finite(part.value));
    moving.push_back(part.value);
  }
  const Tensor norm = norm_of(moving), go = logical_and(healthy, wanted);
  const Tensor before = updates.value();
  const UpdateClock clock{before, (before + 1).to(DType::kF64), lr_scale.value()};
  std::vector<SlotGradient> clipped = gradients;
  clip(options, slots, norm, clipped);
  for (std::size_t s = 0; s < slots.size(); ++s)
    if (clipped[s].rows) move(slots[s], groups, clipped[s], clock, go);
  updates.assign(before + go.to(DType::kI64));
  const Tensor left_out = logical_and(logical_not(healthy), wanted);
  const Tensor overflow = logical_and(left_out, logical_and(finite_loss, loss_scaler->may_overflow()));
  const Tensor skips = logical_and(left_out, logical_not(overflow));
  skipped.assign(skipped.value() + skips.to(DType::kI64));
  skip_notice_->note(skips, finite_loss, skip_notice_->attach() ? by_parameter(gradients) : std::vector<Tensor>{});
  finite.assign(healthy);
  if (loss_scaler->on()) {
    overflowed.assign(overflow);
    loss_scaler->adjust(overflow, go);
  }
  return norm.to(DType::kF32);
}

}  // namespace weft::detail
