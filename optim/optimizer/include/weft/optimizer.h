// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weft/adam.h"
#include "weft/adamw.h"
#include "weft/detail/export.h"
#include "weft/detail/flag.h"
#include "weft/gradients.h"
#include "weft/recipe.h"
#include "weft/sgd.h"
#include "weft/tensor.h"
#include "weft/variable.h"

// Optimizers are traced functions of tensors: an update is part of the program that computes the gradients.
namespace weft WEFT_EXPORT {

// Parameters that follow a recipe. Groups of an optimizer are laid out together if their recipes differ in numbers
// alone, weight decay and schedule included. One launch updates them if the recipe is elementwise, with the results of
// one group at a time.
struct Group {
  Parameters parameters;  // in no other group
  Recipe recipe;          // how they move
  std::string name{};     // in errors; empty: the group's position
};

// Scale of an f16 program's loss, because the gradients would else be too small for f16. minimize() and accumulate()
// multiply the loss by the scale and divide the gradients by it. If a gradient is not finite though the loss is, the
// update is left out and the scale halved. After `growth_interval` updates without such a gradient the scale is
// doubled.
struct LossScale {
  double initial = 0;                   // a power of two; 0: off
  std::int64_t growth_interval = 2000;  // updates
};

// Changes that an optimizer makes to gradients before its recipes read them, in this order. ValueError for a limit that
// is negative or NaN. Norms are f64, so that no gradient is too large or too small for its square.
struct UpdateOptions {
  double clip_norm = 0;            // scales all gradients together so that their norm is at most this; 0: off
  double clip_norm_per_layer = 0;  // then scales each parameter's gradient so that its norm is at most this; 0: off
  double clip_value = 0;           // then limits every element to [-clip_value, clip_value]; 0: off
  LossScale loss_scale{};          // for programs in f16
};

class Optimizer;

namespace detail {
struct OptimizerState;
// State of averaging recipes that begins as the parameter, such as ema()'s mean, does so anew.
void restart_averages(Optimizer& optimizer);
// The flags of each slot's members: on once accumulate() has found a gradient. Beside state(), all that is saved.
std::vector<std::vector<Flag>> reached_flags(const Optimizer& optimizer);
}  // namespace detail

// Updates parameters by their gradients. Only trainable parameters that a gradient has reached change; the others keep
// value and state, without weight decay. An update whose loss or gradients are not all finite changes nothing; a
// warning in the log names the first bad gradient, once. A loss that reaches trainable Parameters that no optimizer
// holds is a warning in the log, once. All groups count the same updates, also for a parameter that is unfrozen late.
// The constructor draws pending values, and the parameters then stay on their device.
class Optimizer {
 public:
  // Traces each recipe's update once per shape of a parameter, to learn what state it keeps. ValueError for a parameter
  // in two groups or a number outside its domain, DTypeError for a parameter that is not floating, TraceError inside a
  // trace.
  Optimizer(Parameters parameters, Recipe recipe, UpdateOptions options = {});
  explicit Optimizer(std::vector<Group> groups, UpdateOptions options = {});
  ~Optimizer();
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;

  // One update with the gradients of this loss alone. TraceError outside a trace.
  void minimize(const Tensor& loss);
  // Adds the loss's gradients to those that update() will use. TraceError outside a trace. `weight`, one number, is
  // what this mean counts beside those of the other calls: rows, or what cross_entropy() has divided by. Undefined: 1.
  void accumulate(const Tensor& loss, const Tensor& weight = {});
  void accumulate(const Gradients& gradients);
  // One update with the weighted mean over the accumulate() calls since the last one, 0 where all weights are; none at
  // all when there were none. Gives
  // the norm of the mean, before clipping, as f32(). Works inside and outside a trace; likewise apply().
  Tensor update();
  // One update with given gradients.
  void apply(const Gradients& gradients);

  // The rate of the next update, f32(). ValueError when there is no such group or its recipe has no `lr`.
  [[nodiscard]] Tensor lr(std::size_t group = 0) const;
  // Multiplies all rates from now on, from the host; programs are not traced again.
  void scale_lr(double factor);
  // The number of updates made, and of updates skipped because something was not finite. Waits for the device.
  std::int64_t updates() const;
  std::int64_t skipped() const;
  // True if the loss and the gradients of the latest update were finite, bool(). In a trace: at this point of it.
  [[nodiscard]] Tensor finite() const;
  // True if the latest update was left out because the loss scale was too large, bool(). skipped() does not count it.
  [[nodiscard]] Tensor overflowed() const;
  // The scale of the next loss, f32(); 1 where it is off.
  [[nodiscard]] Tensor loss_scale() const;
  const Parameters& parameters() const;
  // Variables that a checkpoint must hold.
  Parameters state() const;

 private:
  friend class EvaluationScope;
  friend void detail::restart_averages(Optimizer& optimizer);
  friend std::vector<std::vector<Flag>> detail::reached_flags(const Optimizer& optimizer);
  // ValueError if the optimizer was moved from.
  detail::OptimizerState& self() const;
  std::unique_ptr<detail::OptimizerState> state_;
};

// Gives an optimizer's parameters their values for inference while it lives: the means of ema() and swa(), and x of
// ScheduleFreeAdamW. Then the values for training return bit for bit. Parameters with other recipes keep their values.
// Neither update nor save a checkpoint meanwhile. The optimizer may move, and must outlive the scope.
class [[nodiscard]] EvaluationScope {
 public:
  // Computes the values for inference and keeps those for training; a scope within another one changes nothing.
  explicit EvaluationScope(Optimizer& optimizer);
  ~EvaluationScope();
  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;

 private:
  detail::OptimizerState& state_;
};

}  // namespace weft
