// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/slot.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "optim/optimizer/group_columns.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

using Numbers = KeptState<KeptNumber>;

struct Moved {
  Tensor parameter;
  KeptValues state;
};

// The numbers before an update; one row per recipe of the update.
std::vector<KeptNumber> read(const std::vector<const Numbers*>& rows, const std::shared_ptr<NumberColumns>& columns) {
  std::vector<KeptNumber> out = rows[0]->entries;
  for (std::size_t k = 0; k < out.size(); ++k) {
    std::vector<Tensor> values;
    for (const Numbers* row : rows) values.push_back(row->variables[k].value());
    out[k].value = Number(values.size() == 1 ? values[0] : stack(values), columns);
  }
  return out;
}

void write(const std::vector<const Numbers*>& rows, const std::vector<KeptNumber>& numbers, const Tensor& go) {
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const Tensor value = numbers[k].value.tensor();
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const auto first = static_cast<std::int64_t>(r);
      const Tensor own = value.rank() == 0 ? value : value.slice(0, first, first + 1).reshape({});
      rows[r]->variables[k].assign(where(go, own, rows[r]->variables[k].value()));
    }
  }
}

// One update by recipes of one type on tensors of p's shape.
Moved updated(const std::vector<Recipe>& recipes, const UpdateClock& clock, std::shared_ptr<NumberColumns> columns,
              const Tensor& p, const Tensor& g, const KeptValues& state) {
  std::vector<std::vector<RecipeNumber>> numbers;
  for (const Recipe& recipe : recipes) numbers.push_back(recipe.numbers());
  NumberWriter writer(numbers, clock, std::move(columns));
  RecipeState kept(recipes[0].name(), {p.shape(), p.dtype()}, state);
  const Tensor next = recipes[0].update(writer, p, g, kept);
  return {next, kept.kept()};
}

// Updates all members at once.
void move_together(const Slot& slot, const SlotGradient& gradient, const UpdateClock& clock, const Tensor& go) {
  const GroupRows& rows = *gradient.rows;
  const KeptState<KeptTensor>& kept = slot.kept[0];
  const Tensor old = rows.view(slot.segment.value()), p = old.to(slot.dtype);
  const auto columns = std::make_shared<GroupColumns>(rows, slot.dtype);
  std::vector<const Numbers*> numbers;
  for (const std::size_t n : gradient.numbers) numbers.push_back(&slot.numbers[n]);
  KeptValues before{kept.entries, read(numbers, columns)};
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    before.tensors[i].shape = old.shape();
    before.tensors[i].value = rows.view(kept.variables[i].value());
  }
  if (rows.groups() > 1) {
    updated(gradient.recipes, clock, columns, p, gradient.value, before);
    columns->settle();
  }
  const Moved moved = updated(gradient.recipes, clock, columns, p, gradient.value, before);
  const Tensor moving = rows.moving();
  const Tensor where_go = moving.defined() ? logical_and(go, moving) : go;
  slot.segment.assign(rows.flat(where(where_go, moved.parameter.to(old.dtype()), old)));
  for (std::size_t i = 0; i < before.tensors.size(); ++i)
    kept.variables[i].assign(rows.flat(where(where_go, moved.state.tensors[i].value, before.tensors[i].value)));
  write(numbers, moved.state.numbers, go);
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
    const KeptState<KeptTensor>& kept = slot.kept[m];
    const std::vector<const Numbers*> numbers{&slot.numbers[slot.numbers_of[m]]};
    KeptValues before{kept.entries, read(numbers, nullptr)};
    for (std::size_t i = 0; i < before.tensors.size(); ++i) before.tensors[i].value = kept.variables[i].value();
    const Moved moved =
        updated({groups[slot.groups[m]].recipe}, clock, nullptr, old.to(slot.dtype), slot.segment.part(g, m), before);
    values.back() = where(go, moved.parameter.to(old.dtype()), old);
    for (std::size_t i = 0; i < before.tensors.size(); ++i)
      kept.variables[i].assign(where(go, moved.state.tensors[i].value, before.tensors[i].value));
    write(numbers, moved.state.numbers, go);
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
