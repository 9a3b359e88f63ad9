// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/loss_scale.h"

#include <cmath>

#include "core/base/check.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

// Gradients are multiplied by the inverse, which must be a normal number.
constexpr double kLeast = 1, kMost = 0x1p64;

void check(const LossScale& options) {
  const double s = options.initial;
  if (s != 0 && !(s >= kLeast && s <= kMost && std::exp2(std::round(std::log2(s))) == s))
    fail<ValueError>("optimizer", "loss_scale.initial is ", s,
                     "; it must be 0 (off) or a power of two from 1 to 2^64, so that scaling rounds nothing");
  if (options.growth_interval < 1)
    fail<ValueError>("optimizer", "loss_scale.growth_interval is ", options.growth_interval, "; it must be positive");
}

}  // namespace

LossScaler::LossScaler(LossScale options, Device device) : options_(options) {
  check(options);
  if (!on()) return;
  const DeviceScope there(device);
  scale_ = Variable(Tensor::scalar(static_cast<float>(options.initial)));
  streak_ = Variable(Tensor::scalar<std::int64_t>(0));
}

Tensor LossScaler::scaled(const Tensor& loss) const { return on() ? loss * scale_.value().to(loss.dtype()) : loss; }

Tensor LossScaler::unscaled(const Tensor& gradient) const {
  return on() ? gradient * (1.0 / scale_.value()).to(gradient.dtype()) : gradient;
}

Tensor LossScaler::may_overflow() const {
  return on() ? greater(scale_.value(), kLeast) : full({}, false, DType::kBool);
}

void LossScaler::adjust(const Tensor& overflowed, const Tensor& updated) const {
  const Tensor scale = scale_.value(), streak = streak_.value() + updated.to(DType::kI64);
  const Tensor grows = greater_equal(streak, options_.growth_interval);
  const Tensor larger = where(grows, minimum(scale * 2.0, kMost), scale);
  scale_.assign(where(overflowed, maximum(scale * 0.5, kLeast), larger));
  streak_.assign(where(logical_or(overflowed, grows), zeros_like(streak), streak));
}

Parameters LossScaler::state() const {
  Parameters out;
  if (on()) out.add("loss_scale", scale_), out.add("loss_scale.streak", streak_);
  return out;
}

}  // namespace weft::detail
