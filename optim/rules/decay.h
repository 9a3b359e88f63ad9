// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/elementwise.h"
#include "weft/number.h"

namespace weft::detail {

// g + decay p; g itself in groups without decay, because 0 p is not always 0. `p` may be another penalty's slope.
inline Tensor with_decay(const Tensor& g, const Number& decay, const Tensor& p) {
  if (decay.is_zero()) return g;
  const Tensor sum = g + decay * p;
  return decay.has_zero() ? where(greater(decay.like(p), 0), sum, g) : sum;
}

// p (1 - lr weight_decay).
template <class Numbers>
Tensor decayed(const Numbers& h, const Tensor& p) {
  return h.weight_decay.is_zero() ? p : p * (1 - h.weight_decay * h.lr);
}

struct Decayed {
  Tensor p, g;
};

// decayed() if h.decoupled_weight_decay, else with_decay().
template <class Numbers>
Decayed after_decay(const Numbers& h, const Tensor& p, const Tensor& g) {
  if (h.decoupled_weight_decay) return {decayed(h, p), g};
  return {p, with_decay(g, h.weight_decay, p)};
}

}  // namespace weft::detail
