// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer/group_rows.h"
#include "optim/optimizer/loss_scale.h"
#include "optim/optimizer/ownership.h"
#include "weft/arena.h"
#include "weft/compile.h"
#include "weft/flag.h"
#include "weft/optimizer.h"

namespace weft::detail {

// What a recipe keeps: entries as declared, and the variable of each.
struct Kept {
  std::vector<KeptTensor> entries;
  std::vector<Variable> variables;
};

// How a recipe moves parameters of some shapes, which have elements.
struct RecipePlan {
  bool elementwise = true;                                       // all of them by one update
  std::vector<std::pair<Shape, std::vector<KeptTensor>>> state;  // by the parameter's shape

  // Empty where there is no such shape.
  std::vector<KeptTensor> state_of(const Shape& shape) const;
  // Whether parameters of both plans may be moved by the same update.
  bool joins(const RecipePlan& other) const;
};
// Traces the recipe's update and runs nothing.
RecipePlan plan_of(const Recipe& recipe, const std::vector<Shape>& shapes);

// Parameters that stand side by side and follow recipes of one type and the same choices.
struct Slot {
  Segment segment;
  std::vector<std::size_t> groups;     // of the members
  DType dtype = DType::kF32;           // of the arithmetic and the state
  bool elementwise = true;             // one update moves all members
  std::vector<Kept> kept;              // elementwise: one, of shape (segment.numel()); otherwise one per member
  Variable accumulated;                // sum of gradients since the last update, of shape (segment.numel())
  std::vector<Flag> reached;           // per member: an accumulate() has found a gradient
  std::vector<std::size_t> positions;  // of the members among all parameters
};

// Gradients of the members of a slot that move.
struct SlotGradient {
  std::vector<bool> moving;       // per member
  std::vector<Recipe> recipes;    // that the moving members follow, each once
  std::optional<GroupRows> rows;  // whose groups these are; none where no member moves
  Tensor value;                   // as rows->view() gives it
};

struct OptimizerState {
  OptimizerState(std::vector<Group> groups, UpdateOptions options);

  // Those of one tensor per parameter; frozen parameters do not move.
  std::vector<SlotGradient> arrange(const std::vector<Tensor>& values) const;
  // One tensor per parameter, in their order; undefined where `gradients` has none.
  std::vector<Tensor> in_order(const Gradients& gradients) const;
  Parameters trainable() const;
  // Says once what a loss reaches that no optimizer will move: most likely somebody forgot to list it.
  void warn_of_orphans(const Tensor& loss);

  void accumulate(const std::vector<Tensor>& values, const Tensor& residue);
  Tensor update();
  // Clips and steps where `finite` holds; gives the norm before clipping.
  Tensor advance(const std::vector<SlotGradient>& gradients, const Tensor& finite, const Tensor& wanted);

  std::vector<Group> groups;
  UpdateOptions options;
  Parameters parameters;
  std::map<const Cell*, std::size_t> position;
  std::vector<Slot> slots;
  Device device;
  Variable updates, skipped, lr_scale;
  Variable finite;        // of the latest update
  Variable overflowed;    // its gradients, because of the loss scale
  Variable count;         // of accumulate() calls since the last update
  Variable loss_residue;  // sum of loss - loss over them: 0 while every loss was finite
  std::unique_ptr<LossScaler> loss_scaler;
  Program apply_program, accumulate_program, update_program;

 private:
  void check_groups() const;
  void lay_out_groups();
  // Of the parameters of these groups, which one update may move.
  void add_slots(const std::vector<std::size_t>& of_one_rule, const std::vector<RecipePlan>& plans);
  void add_state(Slot& slot, const std::vector<RecipePlan>& plans) const;
  // Without the gradient itself.
  SlotGradient moving_part(const Slot& slot, std::vector<bool> moving) const;

  std::optional<Ownership> ownership_;
  bool warned_ = false;
};

// Moves the members of a slot that have a gradient, where `go` holds.
void move(const Slot& slot, const std::vector<Group>& groups, const SlotGradient& gradient, const UpdateClock& clock,
          const Tensor& go);

}  // namespace weft::detail
