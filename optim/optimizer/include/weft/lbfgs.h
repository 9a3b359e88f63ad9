// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft WEFT_EXPORT {

// Settings of LBFGS. ValueError for a number that is negative or not finite, or a count below 1.
struct LBFGSOptions {
  double lr = 1;                   // first length that is tried along a direction; of every step without a line search
  int max_iter = 20;               // iterations of one step()
  int max_eval = 0;                // evaluations of the loss in one step(); 0: 5/4 max_iter
  double tolerance_grad = 1e-7;    // step() ends when no element of the gradient is larger
  double tolerance_change = 1e-9;  // step() ends when neither a parameter nor the loss changes by more
  int history_size = 100;          // pairs of steps and gradient differences that are kept
  bool strong_wolfe = true;  // line search with the strong Wolfe conditions; false, as PyTorch's default: steps of lr
};

class LBFGS;

namespace detail {
class LBFGSState;
// All that an LBFGS keeps from one step() to the next.
struct LBFGSMemory {
  Tensor pairs{};                 // (history, 2, n): steps and gradient differences, the oldest first
  Tensor last{};                  // (1, 2, n): direction and gradient of the last iteration; (0, 2, n) before the first
  std::vector<bool> trainable{};  // per parameter, at the last step(); empty before the first
  double length = 0, curvature = 1;
  std::int64_t evaluations = 0;
  std::int64_t parameters = 0, most = 0;  // fixed: number of parameters, and of pairs at most
};
LBFGSMemory memory_of(const LBFGS& optimizer);
void remember(LBFGS& optimizer, const LBFGSMemory& memory);
}  // namespace detail

// Limited-memory BFGS for a loss over all data, not over batches. As torch.optim.LBFGS; sources: Liu and Nocedal 1989,
// Nocedal and Wright 2006. Arithmetic and history are f64 if a parameter is, else f32; sums are f64. Frozen parameters
// stay, and a parameter that is frozen or unfrozen ends the history. A Checkpoint takes it beside the model, and steps
// go on bit for bit.
class LBFGS {
 public:
  // `loss` gives one number; it is traced once, as by compile(), when step() first needs it. The constructor draws
  // pending values, and the parameters then stay on their device, which must be one for all. DTypeError for a parameter
  // that is not floating, DeviceError, ValueError.
  LBFGS(Parameters parameters, std::function<Tensor()> loss, LBFGSOptions options = {});
  ~LBFGS();
  LBFGS(LBFGS&&) noexcept;
  LBFGS& operator=(LBFGS&&) noexcept;

  // Up to max_iter iterations; gives the loss before the first. A trial whose loss or gradient is not finite is too
  // long a step for the line search. DataError if they are not finite at the parameters as they are, or without a line
  // search after a step; the parameters then have their last finite values. An exception from the loss leaves those of
  // the iteration before. ValueError if the loss reaches no trainable parameter, TraceError in a trace.
  double step();
  // Evaluations of the loss so far.
  std::int64_t evaluations() const;

 private:
  friend detail::LBFGSMemory detail::memory_of(const LBFGS& optimizer);
  friend void detail::remember(LBFGS& optimizer, const detail::LBFGSMemory& memory);
  // ValueError if the optimizer was moved from.
  detail::LBFGSState& self() const;
  std::unique_ptr<detail::LBFGSState> state_;
};

}  // namespace weft
