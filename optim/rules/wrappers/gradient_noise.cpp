// SPDX-License-Identifier: Apache-2.0
#include "weft/gradient_noise.h"

#include <utility>

#include "optim/rules/domain.h"
#include "optim/rules/wrappers/wrapper.h"
#include "weft/elementwise.h"
#include "weft/random.h"

namespace weft {
namespace {

struct GradientNoise {
  double eta, gamma;
  WEFT_RECIPE(eta, gamma)

  static Tensor gradient(const Numbers& h, const Tensor&, const Tensor& g) {
    return g + sqrt(h.eta / pow(h.t, h.gamma)) * randn(g.shape(), g.dtype());
  }
  void check() const {
    detail::check_not_negative("gradient_noise", "eta", eta);
    detail::check_not_negative("gradient_noise", "gamma", gamma);
  }
};

}  // namespace

Recipe gradient_noise(Recipe inner, double eta, double gamma) {
  return detail::wrapped("gradient_noise", std::move(inner), GradientNoise{eta, gamma});
}

}  // namespace weft
