// SPDX-License-Identifier: Apache-2.0
#include "weft/swa.h"

#include <utility>

#include "optim/rules/domain.h"
#include "optim/rules/wrappers/every.h"
#include "optim/rules/wrappers/wrapper.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

struct Swa {
  std::int64_t start, every;
  WEFT_RECIPE(start, every)

  static Tensor after(const Numbers& h, const Tensor& p, const Tensor& next, RecipeState& s) {
    const Number since = h.t - static_cast<double>(h.start);
    const Number count = floor(maximum(since, 0) / static_cast<double>(h.every)) + 1;
    const Number begun = maximum(minimum(since + 1, 1), 0);
    // Before the start the mean follows the parameter.
    const Number share = 1 - begun * (1 - detail::is_multiple(since, h.every) / count);
    const Tensor before = s.start("swa.average", p);
    s.set("swa.average", before + share * (next - before));
    return next;
  }
  static Tensor evaluation(const Numbers&, const Tensor& p, RecipeState& s) { return s.start("swa.average", p); }
  void check() const {
    detail::check_positive("swa", "start", static_cast<double>(start));
    detail::check_positive("swa", "every", static_cast<double>(every));
  }
};

}  // namespace

Recipe swa(Recipe inner, std::int64_t start, std::int64_t every) {
  return detail::wrapped("swa", std::move(inner), Swa{start, every});
}

}  // namespace weft
