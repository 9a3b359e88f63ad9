// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "optim/optimizer/group_rows.h"
#include "weft/detail/flag.h"
#include "weft/flat_buffer.h"
#include "weft/optimizer.h"

namespace weft::detail {

// The tensors or numbers that a recipe keeps: entries as the update asks for them, and the variable of each.
template <class Entry>
struct KeptState {
  std::vector<Entry> entries{};
  std::vector<Variable> variables{};
};

// A segment of parameters whose recipes have one type and make the same choices.
struct Slot {
  Segment segment;
  std::vector<std::size_t> groups;  // group of each member
  DType dtype = DType::kF32;        // dtype of the arithmetic and the state
  bool elementwise = true;          // one update moves all members
  // Elementwise: one, of shape (segment.numel()); otherwise one per member.
  std::vector<KeptState<KeptTensor>> kept;
  std::vector<KeptState<KeptNumber>> numbers;  // f64() each; elementwise: per different recipe; otherwise per member
  std::vector<std::size_t> numbers_of;         // per member: its place in `numbers`
  Variable accumulated;                        // sum of gradients since the last update, of shape (segment.numel())
  std::vector<Flag> reached;                   // per member: an accumulate() has found a gradient
  std::vector<std::size_t> positions;          // ordinal of each member among all parameters
};

// The gradients of a slot, and which members they move.
struct SlotGradient {
  std::vector<bool> moving;          // per member
  std::vector<Recipe> recipes;       // recipes of the moving members, each once
  std::vector<std::size_t> numbers;  // per recipe: its place in Slot::numbers, if the slot is elementwise
  std::optional<GroupRows> rows;     // numbered as `recipes`; none if no member moves
  Tensor value;                      // in the shape of rows->view()
};

// Updates the members of a slot that have a gradient, if `go` is true.
void move(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& gradient, const UpdateClock& clock,
          const Tensor& go);

// The slot's parameters for inference, by recipes that average, of shape (segment.numel()). `all`: the part of all
// members, without a gradient.
Tensor evaluation(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& all,
                  const UpdateClock& clock);

}  // namespace weft::detail
