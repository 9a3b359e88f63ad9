// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/elementwise.h"
#include "weft/number.h"

namespace weft::detail {

// g + decay p; g itself in groups without decay, because 0 p is not always 0.
inline Tensor with_decay(const Tensor& g, const Number& decay, const Tensor& p) {
  if (decay.is_zero()) return g;
  const Tensor sum = g + decay * p;
  return decay.has_zero() ? where(greater(decay.like(p), 0), sum, g) : sum;
}

}  // namespace weft::detail
