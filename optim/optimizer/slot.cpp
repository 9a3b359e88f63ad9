// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/slot.h"

#include <memory>
#include <utility>

#include "optim/optimizer/group_columns.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

struct Moved {
  Tensor parameter;
  std::vector<KeptTensor> state;
};

// One update by recipes of one type on tensors of p's shape.
Moved updated(const std::vector<Recipe>& recipes, const UpdateClock& clock, std::shared_ptr<NumberColumns> columns,
              const Tensor& p, const Tensor& g, const std::vector<KeptTensor>& state) {
  std::vector<std::vector<RecipeNumber>> numbers;
  for (const Recipe& recipe : recipes) numbers.push_back(recipe.numbers());
  NumberWriter writer(numbers, clock, std::move(columns));
  RecipeState kept(recipes[0].name(), {p.shape(), p.dtype()}, state);
  const Tensor next = recipes[0].update(writer, p, g, kept);
  return {next, kept.entries()};
}

// Updates all members at once.
void move_together(const Slot& slot, const SlotGradient& gradient, const UpdateClock& clock, const Tensor& go) {
  const GroupRows& rows = *gradient.rows;
  const KeptState& kept = slot.kept[0];
  const Tensor old = rows.view(slot.segment.value()), p = old.to(slot.dtype);
  std::vector<KeptTensor> before = kept.entries;
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i].shape = old.shape();
    before[i].value = rows.view(kept.variables[i].value());
  }
  const auto columns = std::make_shared<GroupColumns>(rows, slot.dtype);
  if (rows.groups() > 1) {
    updated(gradient.recipes, clock, columns, p, gradient.value, before);
    columns->settle();
  }
  const Moved moved = updated(gradient.recipes, clock, columns, p, gradient.value, before);
  const Tensor moving = rows.moving();
  const Tensor where_go = moving.defined() ? logical_and(go, moving) : go;
  slot.segment.assign(rows.flat(where(where_go, moved.parameter.to(old.dtype()), old)));
  for (std::size_t i = 0; i < before.size(); ++i)
    kept.variables[i].assign(rows.flat(where(where_go, moved.state[i].value, before[i].value)));
}

// Updates one member after the other.
void move_apart(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& gradient,
                const UpdateClock& clock, const Tensor& go) {
  const Tensor all = slot.segment.value(), g = gradient.rows->flat(gradient.value);
  std::vector<Tensor> values;
  for (std::size_t m = 0; m < slot.segment.members.size(); ++m) {
    const Tensor old = slot.segment.part(all, m);
    values.push_back(old);
    if (!gradient.moving[m] || old.numel() == 0) continue;
    const KeptState& kept = slot.kept[m];
    std::vector<KeptTensor> before = kept.entries;
    for (std::size_t i = 0; i < before.size(); ++i) before[i].value = kept.variables[i].value();
    const Moved moved =
        updated({groups[slot.groups[m]].recipe}, clock, nullptr, old.to(slot.dtype), slot.segment.part(g, m), before);
    values.back() = where(go, moved.parameter.to(old.dtype()), old);
    for (std::size_t i = 0; i < before.size(); ++i)
      kept.variables[i].assign(where(go, moved.state[i].value, before[i].value));
  }
  slot.segment.assign(slot.segment.gather(values));
}

}  // namespace

void move(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& gradient, const UpdateClock& clock,
          const Tensor& go) {
  const DeviceScope on(slot.segment.flat.device());
  slot.elementwise ? move_together(slot, gradient, clock, go) : move_apart(slot, groups, gradient, clock, go);
}

}  // namespace weft::detail
