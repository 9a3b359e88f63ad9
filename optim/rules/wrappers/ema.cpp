// SPDX-License-Identifier: Apache-2.0
#include "weft/ema.h"

#include <utility>

#include "core/base/check.h"
#include "optim/rules/wrappers/wrapper.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

struct Ema {
  double decay;
  WEFT_RECIPE(decay)

  static Tensor after(const Numbers& h, const Tensor& p, const Tensor& next, RecipeState& s) {
    const Tensor before = s.start("ema.average", p);
    s.set("ema.average", before + (1 - h.decay * minimum(h.t - 1, 1)) * (next - before));
    return next;
  }
  static Tensor evaluation(const Numbers&, const Tensor& p, RecipeState& s) { return s.start("ema.average", p); }
  void check() const {
    if (!(decay >= 0 && decay < 1)) fail<ValueError>("ema", "decay is ", decay, "; it must be in [0, 1)");
  }
};

}  // namespace

Recipe ema(Recipe inner, double decay) { return detail::wrapped("ema", std::move(inner), Ema{decay}); }

}  // namespace weft
