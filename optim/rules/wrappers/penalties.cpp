// SPDX-License-Identifier: Apache-2.0
#include "weft/penalties.h"

#include <utility>
#include <vector>

#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "optim/rules/wrappers/wrapper.h"
#include "weft/elementwise.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft {
namespace {

struct L2 {
  double strength;
  WEFT_RECIPE(strength)

  static Tensor gradient(const Numbers& h, const Tensor& p, const Tensor& g) {
    return detail::with_decay(g, h.strength, p);
  }
  void check() const { detail::check_not_negative("l2", "strength", strength); }
};

struct L1 {
  double strength;
  WEFT_RECIPE(strength)

  static Tensor gradient(const Numbers& h, const Tensor& p, const Tensor& g) {
    return detail::with_decay(g, h.strength, sign(p));
  }
  void check() const { detail::check_not_negative("l1", "strength", strength); }
};

struct MaxNorm {
  double limit;
  int axis;
  WEFT_RECIPE(limit, axis)

  static Tensor after(const Numbers& h, const Tensor&, const Tensor& next, RecipeState&) {
    if (next.rank() < 2) return next;
    const int rank = next.rank(), unit = h.axis < 0 ? h.axis + rank : h.axis;
    std::vector<int> others;
    for (int i = 0; i < rank; ++i)
      if (i != unit) others.push_back(i);
    const Tensor norm = sqrt(square(next.to(DType::kF64)).sum(others, true));
    const Tensor factor = where(greater(norm, h.limit.like(norm)), h.limit / (norm + 1e-7), 1.0);
    return detail::scaled_down(next, factor);
  }
  void check() const { detail::check_positive("max_norm", "limit", limit); }
  void check_shape(const Shape& parameter) const {
    const int rank = parameter.rank();
    if (rank > 1 && (axis < -rank || axis >= rank))
      fail<ValueError>("max_norm", "the parameter is ", parameter, " and axis is ", axis, "; it must be from ", -rank,
                       " to ", rank - 1);
  }
};

}  // namespace

Recipe l2(Recipe inner, double strength) { return detail::wrapped("l2", std::move(inner), L2{strength}); }
Recipe l1(Recipe inner, double strength) { return detail::wrapped("l1", std::move(inner), L1{strength}); }
Recipe max_norm(Recipe inner, double limit, int axis) {
  return detail::wrapped("max_norm", std::move(inner), MaxNorm{limit, axis});
}

}  // namespace weft
