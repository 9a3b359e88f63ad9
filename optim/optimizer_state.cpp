// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer_state.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "optim/update_rules.h"
#include "weft/error.h"
#include "weft/log.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

Init zero() {
  return {[](const Shape& shape, DType dtype) { return zeros(shape, dtype); }};
}

// x - x is 0 exactly where x is finite, and NaN elsewhere; one NaN is enough for the sum.
Tensor all_finite(const Tensor& x) { return equal((x - x).sum(), 0); }

// True for the elements of members that move, as a constant of the program.
Tensor mask_of(const Segment& segment, const std::vector<bool>& moving) {
  const auto n = static_cast<std::size_t>(segment.numel());
  const auto mask = std::make_unique<bool[]>(n);
  for (std::size_t i = 0; i < moving.size(); ++i)
    if (moving[i]) std::fill_n(mask.get() + segment.offsets[i], segment.members[i].numel(), true);
  const DeviceScope on(segment.flat.device());
  return Tensor::of(std::span<const bool>(mask.get(), n), {segment.numel()});
}

std::string label(const std::vector<Group>& groups, std::size_t index) {
  return groups[index].name.empty() ? std::to_string(index) : groups[index].name;
}

}  // namespace

OptimizerState::OptimizerState(std::vector<Group> given, UpdateOptions update_options)
    : groups(std::move(given)),
      options(update_options),
      apply_program({.name = "apply"}),
      accumulate_program({.name = "accumulate"}),
      update_program({.name = "update"}) {
  if (tracing())
    throw TraceError("optimizer", "", "an optimizer is made outside a trace, since it lays parameters out");
  if (!(options.clip_norm >= 0) || !(options.clip_value >= 0))
    throw ValueError("optimizer", "",
                     "clip_norm is " + std::to_string(options.clip_norm) + ", clip_value is " +
                         std::to_string(options.clip_value) + "; both must be 0 (off) or positive");
  std::map<const Cell*, std::size_t> group_of;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    check_recipe(groups[g].recipe);
    for (const Variable& v : groups[g].parameters) {
      const auto [place, fresh] = group_of.emplace(v.cell().get(), g);
      if (!fresh)
        throw ValueError("optimizer", v.path(),
                         "the parameter is in group '" + label(groups, place->second) + "' and in group '" +
                             label(groups, g) + "'; it may be in one");
      if (!is_floating(v.dtype()))
        throw DTypeError("optimizer", v.path(),
                         "the parameter is " + std::string(name_of(v.dtype())) + "; only floating ones can be trained");
    }
  }
  for (std::size_t g = 0; g < groups.size(); ++g) add_group(g);
  ownership_.emplace(parameters);
  device = slots.empty() ? default_device() : slots[0].segment.flat.device();
  const DeviceScope on(device);
  updates = Variable(Tensor::scalar<std::int64_t>(0));
  skipped = Variable(Tensor::scalar<std::int64_t>(0));
  count = Variable(Tensor::scalar<std::int64_t>(0));
  lr_scale = Variable(Tensor::scalar(1.0));
  finite = Variable(Tensor::scalar(true));
  overflowed = Variable(Tensor::scalar(false));
  loss_scaler = std::make_unique<LossScaler>(options.loss_scale, device);
  loss_residue = Variable(Tensor::scalar(0.0));
}

void OptimizerState::add_group(std::size_t index) {
  const Parameters& own = groups[index].parameters;
  for (std::size_t i = 0; i < own.size(); ++i) {
    position[own[i].cell().get()] = parameters.size();
    parameters.add(own.name(i), own[i]);
  }
  for (Segment& segment : lay_out({own.begin(), own.end()})) {
    Slot slot;
    slot.segment = std::move(segment);
    slot.group = index;
    slot.dtype = slot.segment.flat.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
    const auto mirror = [&] {
      Variable v(Shape{slot.segment.numel()}, zero(), slot.dtype);
      v.to(slot.segment.flat.device());
      return v;
    };
    for (std::size_t m = moment_count(groups[index].recipe); m > 0; --m) slot.moments.push_back(mirror());
    slot.accumulated = mirror();
    for (const Variable& v : slot.segment.members) {
      slot.reached.emplace_back(false);
      slot.positions.push_back(position.at(v.cell().get()));
    }
    slots.push_back(std::move(slot));
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

SlotGradients OptimizerState::arrange(const std::vector<Tensor>& values) const {
  SlotGradients out;
  bool any = false;
  for (const Slot& slot : slots) {
    std::vector<Tensor> parts;
    std::vector<bool> moving;
    for (std::size_t i = 0; i < slot.positions.size(); ++i) {
      const Tensor& value = values[slot.positions[i]];
      const bool moves = value.defined() && slot.segment.members[i].trainable();
      moving.push_back(moves);
      parts.push_back(moves ? value : Tensor());
      any = any || moves;
    }
    const bool some = std::find(moving.begin(), moving.end(), true) != moving.end();
    out.flat.push_back(some ? slot.segment.gather(parts).to(slot.dtype) : Tensor());
    out.moving.push_back(std::move(moving));
  }
  if (!any)
    log(LogLevel::kWarning, "optimizer: no gradient reaches any of its trainable parameters; the update moves nothing");
  return out;
}

void OptimizerState::accumulate(const std::vector<Tensor>& values, const Tensor& residue) {
  const SlotGradients gradients = arrange(values);
  for (std::size_t s = 0; s < slots.size(); ++s) {
    if (!gradients.flat[s].defined()) continue;
    slots[s].accumulated.assign(slots[s].accumulated.value() + gradients.flat[s]);
    for (std::size_t i = 0; i < slots[s].reached.size(); ++i)
      if (gradients.moving[s][i]) slots[s].reached[i].set(true);
  }
  count.assign(count.value() + 1);
  if (residue.defined()) loss_residue.assign(loss_residue.value() + residue.to(DType::kF64));
}

Tensor OptimizerState::update() {
  const Tensor calls = count.value(), residue = loss_residue.value();
  SlotGradients mean;
  for (const Slot& slot : slots) {
    std::vector<bool> moving;
    // Both flags are read always, so that the program notices whichever changes.
    for (std::size_t i = 0; i < slot.reached.size(); ++i) {
      const bool trains = slot.segment.members[i].trainable();
      moving.push_back(slot.reached[i].get() && trains);
    }
    const bool some = std::find(moving.begin(), moving.end(), true) != moving.end();
    mean.flat.push_back(some ? slot.accumulated.value() / maximum(calls, 1).to(slot.dtype) : Tensor());
    mean.moving.push_back(std::move(moving));
    if (some) slot.accumulated.assign(zeros({slot.segment.numel()}, slot.dtype));
  }
  count.assign(zeros_like(calls));
  loss_residue.assign(zeros_like(residue));
  return advance(std::move(mean), equal(residue, 0), greater(calls, 0));
}

Tensor OptimizerState::advance(SlotGradients gradients, const Tensor& finite_loss, const Tensor& wanted) {
  Tensor healthy = finite_loss, squares = zeros({}, DType::kF64);
  for (const Tensor& g : gradients.flat) {
    if (!g.defined()) continue;
    healthy = logical_and(healthy, all_finite(g));
    squares = squares + square(g).sum().to(DType::kF64);
  }
  const Tensor norm = sqrt(squares), go = logical_and(healthy, wanted);
  const Tensor before = updates.value();
  const Tensor number = (before + 1).to(DType::kF64);
  const Tensor scale = minimum(options.clip_norm / (norm + 1e-6), 1.0);  // as torch.nn.utils.clip_grad_norm_
  for (std::size_t s = 0; s < slots.size(); ++s) {
    Tensor g = gradients.flat[s];
    if (!g.defined()) continue;
    if (options.clip_norm > 0) g = g * scale.to(g.dtype());
    if (options.clip_value > 0) g = clamp(g, -options.clip_value, options.clip_value);
    move(slots[s], g, gradients.moving[s], go, number);
  }
  updates.assign(before + go.to(DType::kI64));
  const Tensor left_out = logical_and(logical_not(healthy), wanted);
  const Tensor overflow = logical_and(left_out, logical_and(finite_loss, loss_scaler->may_overflow()));
  skipped.assign(skipped.value() + logical_and(left_out, logical_not(overflow)).to(DType::kI64));
  finite.assign(healthy);
  if (loss_scaler->on()) {
    overflowed.assign(overflow);
    loss_scaler->adjust(overflow, go);
  }
  return norm.to(DType::kF32);
}

void OptimizerState::move(const Slot& slot, const Tensor& gradient, const std::vector<bool>& moving, const Tensor& go,
                          const Tensor& number) const {
  const Recipe& recipe = groups[slot.group].recipe;
  const Tensor rate = schedule_of(recipe).at(updates.value()) * lr_scale.value();
  const Tensor old = slot.segment.value();
  std::vector<Tensor> moments;
  for (const Variable& m : slot.moments) moments.push_back(m.value());
  const Moved moved = step(recipe, old.to(slot.dtype), gradient, moments, rate, number);
  const bool all_move = std::find(moving.begin(), moving.end(), false) == moving.end();
  const Tensor where_go = all_move ? go : logical_and(go, mask_of(slot.segment, moving));
  slot.segment.assign(select(where_go, moved.parameter.to(old.dtype()), old));
  for (std::size_t m = 0; m < moments.size(); ++m)
    slot.moments[m].assign(select(where_go, moved.moments[m], moments[m]));
}

}  // namespace weft::detail
