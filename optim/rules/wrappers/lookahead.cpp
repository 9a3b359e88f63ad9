// SPDX-License-Identifier: Apache-2.0
#include "weft/lookahead.h"

#include <utility>

#include "optim/rules/domain.h"
#include "optim/rules/wrappers/every.h"
#include "optim/rules/wrappers/wrapper.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

struct Lookahead {
  std::int64_t steps;
  double alpha;
  WEFT_RECIPE(steps, alpha)

  static Tensor after(const Numbers& h, const Tensor& p, const Tensor& next, RecipeState& s) {
    const Tensor slow = s.start("lookahead.slow", p), moved = slow + h.alpha * (next - slow);
    const Tensor now = greater(detail::is_multiple(h.t, h.steps).like(p), 0);
    s.set("lookahead.slow", where(now, moved, slow));
    return where(now, moved, next);
  }
  void check() const {
    detail::check_positive("lookahead", "steps", static_cast<double>(steps));
    detail::check_share("lookahead", "alpha", alpha);
  }
};

}  // namespace

Recipe lookahead(Recipe inner, std::int64_t steps, double alpha) {
  return detail::wrapped("lookahead", std::move(inner), Lookahead{steps, alpha});
}

}  // namespace weft
