// SPDX-License-Identifier: Apache-2.0
#include "weft/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "optim/optimizer/line_search.h"
#include "weft/compile.h"
#include "weft/flat_buffer.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/scope.h"

namespace weft {
namespace detail {
namespace {

constexpr const char* kOp = "lbfgs";

LBFGSOptions checked(const LBFGSOptions& options) {
  for (const auto& [name, value] : {std::pair{"lr", options.lr}, std::pair{"tolerance_grad", options.tolerance_grad},
                                    std::pair{"tolerance_change", options.tolerance_change}})
    if (!(value >= 0 && std::isfinite(value))) fail<ValueError>(kOp, name, " is ", value, "; it must be 0 or more");
  for (const auto& [name, value] :
       {std::pair{"max_iter", options.max_iter}, std::pair{"history_size", options.history_size}})
    if (value < 1) fail<ValueError>(kOp, name, " is ", value, "; it must be positive");
  if (options.max_eval < 0)
    fail<ValueError>(kOp, "max_eval is ", options.max_eval, "; it must be 0 (5/4 max_iter) or positive");
  return options;
}

// The dtype of the arithmetic.
DType check_parameters(const Parameters& parameters) {
  if (parameters.size() == 0) fail<ValueError>(kOp, "there are no parameters to move");
  std::set<const Cell*> seen;
  DType wide = DType::kF32;
  for (const Variable& v : parameters) {
    if (!is_floating(v.dtype()))
      fail_at<DTypeError>(kOp, v.path(), "the parameter is ", v.dtype(), "; only floating ones can be trained");
    if (v.device() != parameters[0].device())
      fail_at<DeviceError>(kOp, v.path(), "the parameter is on ", v.device().name(), ", the first one on ",
                           parameters[0].device().name(), "; they must be on one device");
    if (!seen.insert(v.cell().get()).second) fail_at<ValueError>(kOp, v.path(), "the parameter is given twice");
    if (v.dtype() == DType::kF64) wide = DType::kF64;
  }
  return wide;
}

Tensor dot(const Tensor& a, const Tensor& b) { return (a.to(DType::kF64) * b.to(DType::kF64)).sum(); }
double largest(const Tensor& x) { return max(abs(x)).item<double>(); }

}  // namespace

class LBFGSState {
 public:
  LBFGSState(Parameters given, std::function<Tensor()> loss, LBFGSOptions given_options)
      : options_(checked(given_options)),
        dtype_(check_parameters(given)),
        device_(given[0].device()),
        segments_(lay_out({given.begin(), given.end()})),
        program_(
            [this, loss = std::move(loss)] {
              const Tensor value = loss();
              return std::pair{value.reshape({}).to(DType::kF64), flat_gradient(value)};
            },
            {.name = kOp, .device = device_}) {}

  double step();
  std::int64_t evaluations() const { return evaluations_; }
  LBFGSMemory memory() const;
  void remember(const LBFGSMemory& memory);

 private:
  // A pair of the history.
  struct Pair {
    Tensor step, difference, scale;  // scale: 1 / (difference . step), f64()
  };

  // A pair of a step and a gradient difference; its scale follows from them.
  static Pair pair_of(const Tensor& step, const Tensor& difference, const Tensor& product) {
    return {step, difference, 1.0 / product};
  }
  Tensor flat_gradient(const Tensor& loss) const;
  Tensor point() const;
  void assign(const Tensor& point) const;
  // The loss and gradient at the parameters as they are.
  Trial evaluate();
  // The trial at `origin + t direction_`. The parameters stay there; an exception puts `origin` back.
  Trial trial(const Tensor& origin, double t);
  // Ends the history if a parameter was frozen or unfrozen.
  void forget_if_frozen();
  void choose_direction(const Tensor& gradient);
  // One iteration from `now`, whose gradient is known; false if it was the last.
  bool iterate(Trial& now, int iteration, int& evaluated);
  [[noreturn]] void refuse(const Trial& bad, const char* where) const;

  LBFGSOptions options_;
  DType dtype_;
  Device device_;
  std::vector<Segment> segments_;
  Compiled<std::pair<Tensor, Tensor>()> program_;
  std::vector<bool> trainable_{};
  std::deque<Pair> history_{};
  Tensor direction_{}, gradient_{};  // of the iteration before; undefined at first
  double length_ = 0, curvature_ = 1;
  std::int64_t evaluations_ = 0;
};

Tensor LBFGSState::flat_gradient(const Tensor& loss) const {
  Parameters moving;
  for (const Segment& segment : segments_)
    for (const Variable& v : segment.members)
      if (v.trainable()) moving.add(std::to_string(moving.size()), v);
  const Gradients gradients = weft::gradients(loss, moving);
  std::vector<Tensor> parts;
  std::size_t next = 0;
  bool reached = false;
  for (const Segment& segment : segments_) {
    std::vector<Tensor> values;
    for (const Variable& v : segment.members) {
      values.push_back(v.trainable() ? gradients.values[next++] : Tensor());
      reached = reached || values.back().defined();
    }
    parts.push_back(segment.gather(values).to(dtype_));
  }
  if (!reached) fail<ValueError>(kOp, "the loss reaches none of the trainable parameters; there is nothing to move");
  return parts.size() == 1 ? parts[0] : concat(parts);
}

Tensor LBFGSState::point() const {
  std::vector<Tensor> parts;
  for (const Segment& segment : segments_) parts.push_back(segment.value().to(dtype_));
  return parts.size() == 1 ? parts[0] : concat(parts);
}

void LBFGSState::assign(const Tensor& point) const {
  std::int64_t begin = 0;
  for (const Segment& segment : segments_) {
    segment.assign(point.slice(0, begin, begin + segment.numel()).to(segment.flat.dtype()));
    begin += segment.numel();
  }
}

Trial LBFGSState::evaluate() {
  const auto [loss, gradient] = program_();
  ++evaluations_;
  Trial out{.loss = loss.item<double>(), .gradient = gradient};
  if (!std::isfinite(out.loss) || !std::isfinite(largest(gradient))) out.loss = std::numeric_limits<double>::infinity();
  return out;
}

Trial LBFGSState::trial(const Tensor& origin, double t) {
  try {
    assign(origin + t * direction_);
    Trial out = evaluate();
    out.t = t;
    out.slope = dot(out.gradient, direction_).item<double>();
    return out;
  } catch (...) {
    assign(origin);
    throw;
  }
}

void LBFGSState::forget_if_frozen() {
  std::vector<bool> now;
  for (const Segment& segment : segments_)
    for (const Variable& v : segment.members) now.push_back(v.trainable());
  if (now == std::exchange(trainable_, now)) return;
  history_.clear();
  direction_ = gradient_ = {};
  curvature_ = 1;
}

void LBFGSState::choose_direction(const Tensor& gradient) {
  if (!gradient_.defined()) {
    direction_ = -gradient;
    return;
  }
  const Tensor difference = gradient - gradient_, step = direction_ * length_;
  const Tensor product = dot(difference, step);
  if (const double value = product.item<double>(); value > 1e-10) {
    if (std::ssize(history_) == options_.history_size) history_.pop_front();
    history_.push_back(pair_of(step, difference, product));
    curvature_ = value / dot(difference, difference).item<double>();
  }
  Tensor q = -gradient;
  std::vector<Tensor> shares(history_.size());
  for (std::size_t i = history_.size(); i-- > 0;) {
    shares[i] = dot(history_[i].step, q) * history_[i].scale;
    q = q - shares[i] * history_[i].difference;
  }
  q = q * curvature_;
  for (std::size_t i = 0; i < history_.size(); ++i)
    q = q + (shares[i] - dot(history_[i].difference, q) * history_[i].scale) * history_[i].step;
  direction_ = q;
}

LBFGSMemory LBFGSState::memory() const {
  const DeviceScope on(device_);
  std::int64_t n = 0;
  LBFGSMemory out{.trainable = trainable_,
                  .length = length_,
                  .curvature = curvature_,
                  .evaluations = evaluations_,
                  .most = options_.history_size};
  for (const Segment& segment : segments_) {
    n += segment.numel();
    out.parameters += std::ssize(segment.members);
  }
  const auto stacked = [&](const std::vector<Tensor>& rows) {
    const Tensor none = zeros({0, 2, n}, dtype_);
    return rows.empty() ? none : stack(rows).reshape({std::ssize(rows) / 2, 2, n});
  };
  std::vector<Tensor> rows;
  for (const Pair& pair : history_) rows.insert(rows.end(), {pair.step, pair.difference});
  out.pairs = stacked(rows);
  out.last = stacked(gradient_.defined() ? std::vector{direction_, gradient_} : std::vector<Tensor>());
  return out;
}

void LBFGSState::remember(const LBFGSMemory& memory) {
  const DeviceScope on(device_);
  const auto row = [&](const Tensor& rows, std::int64_t i, std::int64_t which) {
    return rows.to(device_).slice(0, i, i + 1).slice(1, which, which + 1).flatten();
  };
  trainable_ = memory.trainable;
  length_ = memory.length;
  curvature_ = memory.curvature;
  evaluations_ = memory.evaluations;
  history_.clear();
  for (std::int64_t i = 0; i < memory.pairs.dim(0); ++i) {
    const Tensor step = row(memory.pairs, i, 0), difference = row(memory.pairs, i, 1);
    history_.push_back(pair_of(step, difference, dot(difference, step)));
  }
  const bool begun = memory.last.dim(0) > 0;
  direction_ = begun ? row(memory.last, 0, 0) : Tensor();
  gradient_ = begun ? row(memory.last, 0, 1) : Tensor();
}

void LBFGSState::refuse(const Trial& bad, const char* where) const {
  fail<DataError>(kOp, "the loss or its gradient is not finite ", where, ", evaluation ", evaluations_, ", loss ",
                  bad.loss, "; the parameters have their last finite values");
}

bool LBFGSState::iterate(Trial& now, int iteration, int& evaluated) {
  const int most = options_.max_eval > 0 ? options_.max_eval : options_.max_iter * 5 / 4;
  const bool first = !gradient_.defined();
  choose_direction(now.gradient);
  gradient_ = now.gradient;
  length_ = options_.lr;
  if (first) length_ *= std::min(1.0, 1 / abs(now.gradient.to(DType::kF64)).sum().item<double>());
  now.t = 0;
  now.slope = dot(now.gradient, direction_).item<double>();
  if (now.slope > -options_.tolerance_change) return false;
  const Tensor origin = point();
  const double reach = largest(direction_), before = now.loss;
  const std::int64_t evaluations = evaluations_;
  bool last = iteration == options_.max_iter;
  if (options_.strong_wolfe) {
    now = strong_wolfe(now, length_, {reach, options_.tolerance_change, most - evaluated},
                       [&](double t) { return trial(origin, t); });
    length_ = now.t;
    assign(origin + length_ * direction_);
  } else if (!last) {
    now = trial(origin, length_);
    if (!std::isfinite(now.loss)) {
      assign(origin);
      refuse(now, "after a step");
    }
  } else {
    assign(origin + length_ * direction_);  // the next step() evaluates there
  }
  evaluated += static_cast<int>(evaluations_ - evaluations);
  return !last && evaluated < most && largest(now.gradient) > options_.tolerance_grad &&
         reach * std::abs(length_) > options_.tolerance_change &&
         std::abs(now.loss - before) >= options_.tolerance_change;
}

double LBFGSState::step() {
  if (tracing()) fail<TraceError>(kOp, "step() is called in a trace; call it outside, because it looks at values");
  const DeviceScope on(device_);
  forget_if_frozen();
  Trial now = evaluate();
  const double loss = now.loss;
  if (!std::isfinite(loss)) refuse(now, "at the parameters given");
  if (largest(now.gradient) <= options_.tolerance_grad) return loss;
  int evaluated = 1;
  for (int iteration = 1; iterate(now, iteration, evaluated);) ++iteration;
  return loss;
}

LBFGSMemory memory_of(const LBFGS& optimizer) { return optimizer.self().memory(); }
void remember(LBFGS& optimizer, const LBFGSMemory& memory) { optimizer.self().remember(memory); }

}  // namespace detail

LBFGS::LBFGS(Parameters parameters, std::function<Tensor()> loss, LBFGSOptions options)
    : state_(std::make_unique<detail::LBFGSState>(std::move(parameters), std::move(loss), options)) {}
LBFGS::~LBFGS() = default;
LBFGS::LBFGS(LBFGS&&) noexcept = default;
LBFGS& LBFGS::operator=(LBFGS&&) noexcept = default;

detail::LBFGSState& LBFGS::self() const {
  if (!state_) fail<ValueError>(detail::kOp, "this optimizer was moved from; use the one that it was moved to");
  return *state_;
}

double LBFGS::step() { return self().step(); }
std::int64_t LBFGS::evaluations() const { return self().evaluations(); }

}  // namespace weft
