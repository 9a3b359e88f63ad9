// SPDX-License-Identifier: Apache-2.0
#include "weft/schedule_free_adamw.h"

#include "core/base/check.h"
#include "optim/rules/adam_update.h"
#include "weft/elementwise.h"

namespace weft {

Tensor ScheduleFreeAdamW::update(const Numbers& h, const Tensor& y, const Tensor& g, RecipeState& s) {
  const Tensor z = s.start("fast_point", y), squares = h.beta2 * s.get("second_moment") + (1 - h.beta2) * square(g);
  s.set("second_moment", squares);
  const Tensor normalized = g / (sqrt(squares) * detail::correction(h) + h.eps);
  const Tensor direction = h.weight_decay.is_zero() ? normalized : normalized + h.weight_decay * y;
  const Number largest = maximum(h.lr, s.number("largest_lr"));
  const Number weight = pow(h.t, h.r) * pow(largest, h.weight_lr_power), sum = s.number("weight_sum") + weight;
  const Number share = weight / maximum(sum, 1e-300);  // both are 0 before a warmup's first rate
  s.set("largest_lr", largest);
  s.set("weight_sum", sum);
  s.set("fast_point", z - h.lr * direction);
  return y + share * (z - y) + h.lr * (h.beta1 * (1 - share) - 1) * direction;
}

Tensor ScheduleFreeAdamW::evaluation(const Numbers& h, const Tensor& y, RecipeState& s) {
  return y + (1 - 1 / h.beta1) * (s.start("fast_point", y) - y);
}

void ScheduleFreeAdamW::check() const {
  if (beta1 == 0) fail<ValueError>("schedulefreeadamw", "beta1 is 0; it must be positive, because x is read from y");
}

}  // namespace weft
