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

// One update by recipes of one type on tensors of p's shape; without a gradient the value for inference.
Moved updated(const std::vector<Recipe>& recipes, const UpdateClock& clock, std::shared_ptr<NumberColumns> columns,
              const Tensor& p, const Tensor& g, const KeptValues& state) {
  std::vector<std::vector<RecipeNumber>> numbers;
  for (const Recipe& recipe : recipes) numbers.push_back(recipe.numbers());
  NumberWriter writer(numbers, clock, std::move(columns));
  RecipeState kept(recipes[0].name(), {p.shape(), p.dtype()}, state);
  const Tensor next = g.defined() ? recipes[0].update(writer, p, g, kept) : recipes[0].evaluation(writer, p, kept);
  return {next, kept.kept()};
}

// All members at once.
struct Together {
  std::vector<const Numbers*> numbers{};
  Tensor old{};
  KeptValues before{};
  Moved moved{};
};

Together updated_together(const Slot& slot, const SlotGradient& gradient, const UpdateClock& clock) {
  const GroupRows& rows = *gradient.rows;
  const KeptState<KeptTensor>& kept = slot.kept[0];
  const auto columns = std::make_shared<GroupColumns>(rows, slot.dtype);
  Together out{.old = rows.view(slot.segment.value())};
  for (const std::size_t n : gradient.numbers) out.numbers.push_back(&slot.numbers[n]);
  out.before = {kept.entries, read(out.numbers, columns)};
  for (std::size_t i = 0; i < kept.entries.size(); ++i) {
    out.before.tensors[i].shape = out.old.shape();
    out.before.tensors[i].value = rows.view(kept.variables[i].value());
  }
  const Tensor p = out.old.to(slot.dtype);
  if (rows.groups() > 1) {
    updated(gradient.recipes, clock, columns, p, gradient.value, out.before);
    columns->settle();
  }
  out.moved = updated(gradient.recipes, clock, columns, p, gradient.value, out.before);
  return out;
}

// One member of the value `old`; `g` undefined: its value for inference.
struct Apart {
  std::vector<const Numbers*> numbers{};
  KeptValues before{};
  Moved moved{};
};

Apart updated_apart(const Slot& slot, const std::vector<Group>& groups, std::size_t member, const UpdateClock& clock,
                    const Tensor& old, const Tensor& g) {
  const KeptState<KeptTensor>& kept = slot.kept[member];
  Apart out{.numbers = {&slot.numbers[slot.numbers_of[member]]}};
  out.before = {kept.entries, read(out.numbers, nullptr)};
  for (std::size_t i = 0; i < kept.entries.size(); ++i) out.before.tensors[i].value = kept.variables[i].value();
  out.moved = updated({groups[slot.groups[member]].recipe}, clock, nullptr, old.to(slot.dtype), g, out.before);
  return out;
}

// Updates all members at once.
void move_together(const Slot& slot, const SlotGradient& gradient, const UpdateClock& clock, const Tensor& go) {
  const GroupRows& rows = *gradient.rows;
  const std::vector<Variable>& variables = slot.kept[0].variables;
  const Together all = updated_together(slot, gradient, clock);
  const Tensor moving = rows.moving();
  const Tensor where_go = moving.defined() ? logical_and(go, moving) : go;
  slot.segment.assign(rows.flat(where(where_go, all.moved.parameter.to(all.old.dtype()), all.old)));
  for (std::size_t i = 0; i < variables.size(); ++i)
    variables[i].assign(rows.flat(where(where_go, all.moved.state.tensors[i].value, all.before.tensors[i].value)));
  write(all.numbers, all.moved.state.numbers, go);
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
    const Apart one = updated_apart(slot, groups, m, clock, old, slot.segment.part(g, m));
    const std::vector<Variable>& variables = slot.kept[m].variables;
    values.back() = where(go, one.moved.parameter.to(old.dtype()), old);
    for (std::size_t i = 0; i < variables.size(); ++i)
      variables[i].assign(where(go, one.moved.state.tensors[i].value, one.before.tensors[i].value));
    write(one.numbers, one.moved.state.numbers, go);
  }
  slot.segment.assign(slot.segment.gather(values));
}

}  // namespace

void move(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& gradient, const UpdateClock& clock,
          const Tensor& go) {
  const DeviceScope on(slot.segment.flat.device());
  slot.elementwise ? move_together(slot, gradient, clock, go) : move_apart(slot, groups, gradient, clock, go);
}

Tensor evaluation(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& all,
                  const UpdateClock& clock) {
  const DeviceScope on(slot.segment.flat.device());
  if (slot.elementwise) {
    const Together now = updated_together(slot, all, clock);
    return all.rows->flat(now.moved.parameter.to(now.old.dtype()));
  }
  const Tensor whole = slot.segment.value();
  std::vector<Tensor> values;
  for (std::size_t m = 0; m < slot.segment.members.size(); ++m) {
    const Tensor old = slot.segment.part(whole, m);
    values.push_back(old);
    if (old.numel() > 0) values.back() = updated_apart(slot, groups, m, clock, old, {}).moved.parameter.to(old.dtype());
  }
  return slot.segment.gather(values);
}

}  // namespace weft::detail
