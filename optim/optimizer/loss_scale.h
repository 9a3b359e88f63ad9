// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/optimizer.h"

namespace weft::detail {

// An optimizer's loss scale, on the device: a power of two times the initial one.
class LossScaler {
 public:
  LossScaler(LossScale options, Device device);

  bool on() const { return options_.initial > 0; }
  // Traced. Gives the argument unchanged if the scale is off.
  Tensor scaled(const Tensor& loss) const;
  Tensor unscaled(const Tensor& gradient) const;
  // True while the scale can be halved, bool(), because it may then be the cause of a gradient that is not finite.
  Tensor may_overflow() const;
  // Halves the scale after an overflow, doubles it after enough updates without one. Only for a scale that is on.
  void adjust(const Tensor& overflowed, const Tensor& updated) const;

  Parameters state() const;
  const Variable& scale() const { return scale_; }

 private:
  LossScale options_;
  Variable scale_, streak_;  // f32(), and i64(): updates since the last change
};

}  // namespace weft::detail
