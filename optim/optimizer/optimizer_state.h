// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "optim/optimizer/loss_scale.h"
#include "optim/optimizer/ownership.h"
#include "optim/optimizer/recipe_plan.h"
#include "optim/optimizer/skip_notice.h"
#include "optim/optimizer/slot.h"
#include "weft/compile.h"
#include "weft/optimizer.h"

namespace weft::detail {

struct OptimizerState {
  OptimizerState(std::vector<Group> groups, UpdateOptions options);

  // Gradients by slot from one tensor per parameter; frozen parameters do not move.
  std::vector<SlotGradient> arrange(const std::vector<Tensor>& values) const;
  // One tensor per parameter, in their order; undefined where `gradients` has none.
  std::vector<Tensor> in_order(const Gradients& gradients) const;
  Parameters trainable() const;
  // Logs once the parameters that a loss reaches and no optimizer moves: most likely a user forgot to list them.
  void warn_of_orphans(const Tensor& loss);

  // Adds gradients that count `weight`, f(); undefined: 1.
  void accumulate(const std::vector<Tensor>& values, const Tensor& residue, const Tensor& weight);
  Tensor update();
  // Gives the parameters their values for inference, and the values for training until leave_evaluation().
  void enter_evaluation();
  void leave_evaluation();
  // State that begins as the parameter does so anew.
  void restart_averages() const;
  // Clips and updates where `finite` holds; gives the norm before clipping.
  Tensor advance(const std::vector<SlotGradient>& gradients, const Tensor& finite, const Tensor& wanted);

  std::vector<Group> groups;
  UpdateOptions options;
  Parameters parameters;
  std::map<const Cell*, std::size_t> position;
  std::vector<Slot> slots;
  Device device;
  Variable updates, skipped, lr_scale;
  Variable finite;        // true: loss and gradients of the latest update were
  Variable overflowed;    // true: the latest update's gradients, because of the loss scale
  Variable count;         // accumulate() calls since the last update
  Variable weight;        // sum of their weights, f64()
  Variable loss_residue;  // sum of loss - loss over those calls: 0 while every loss was finite
  std::unique_ptr<LossScaler> loss_scaler;
  Program apply_program, accumulate_program, update_program, evaluation_program;

 private:
  void check_groups() const;
  void lay_out_groups();
  // Slots for the parameters of these groups, which one update may move.
  void add_slots(const std::vector<std::size_t>& of_one_rule, const std::vector<RecipePlan>& plans);
  void add_state(Slot& slot, const std::vector<RecipePlan>& plans) const;
  // The part of a slot that moves, with an undefined gradient.
  SlotGradient moving_part(const Slot& slot, std::vector<bool> moving) const;

  // Slots whose recipes have values for inference.
  std::vector<const Slot*> averaged() const;
  // The gradients of a slot's moving members, one per parameter of the optimizer and flat; the others are undefined.
  std::vector<Tensor> by_parameter(const std::vector<SlotGradient>& gradients) const;

  std::optional<Ownership> ownership_;
  std::optional<SkipNotice> skip_notice_;
  bool warned_ = false;
  int evaluations_ = 0;           // scopes that live
  std::vector<Tensor> training_;  // values of the averaged slots, in their order, while one lives
};

}  // namespace weft::detail
