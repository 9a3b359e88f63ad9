// SPDX-License-Identifier: Apache-2.0
#include "weft/adafactor.h"

#include "core/base/check.h"
#include "optim/rules/decay.h"
#include "optim/rules/norm.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {

namespace {

// The state moved by a share of its distance to `now`.
Tensor moved(RecipeState& s, const char* name, const Number& share, const Tensor& now) {
  const Tensor before = s.get(name, now.shape());
  Tensor next = before + share * (now - before);
  s.set(name, next);
  return next;
}

}  // namespace

Tensor Adafactor::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Number share = pow(h.t, h.beta2_decay);
  const Tensor now = square(g);
  Tensor squares;
  if (p.rank() > 1) {
    const Tensor row = moved(s, "row", share, now.mean({-1}, true));
    const Tensor column = moved(s, "column", share, now.mean({-2}, true));
    squares = row / maximum(row.mean({-2}, true), h.eps1) * column;
  } else {
    squares = moved(s, "squares", share, now);
  }
  const Tensor direction = g * rsqrt(maximum(squares, h.eps1 * h.eps1));
  const Number rate = minimum(h.lr, 1 / sqrt(h.t));
  const Tensor step = maximum(detail::rms(p), h.eps2) * rate.tensor() / maximum(detail::rms(direction) / h.d, 1.0);
  return detail::decayed(h, p) - step.to(p.dtype()) * direction;
}

void Adafactor::check() const {
  if (!(beta2_decay <= 0)) fail<ValueError>("adafactor", "beta2_decay is ", beta2_decay, "; it must be 0 or less");
  if (!(d >= 1)) fail<ValueError>("adafactor", "d is ", d, "; it must be 1 or more");
}

}  // namespace weft
