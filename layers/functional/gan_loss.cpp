// SPDX-License-Identifier: Apache-2.0
#include "weft/gan_loss.h"

#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "layers/functional/reduce_loss.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/statistics.h"

namespace weft {
namespace {

using detail::wide;

Tensor mean(const Tensor& losses, const Tensor& scores, const char* op) {
  return detail::reduce_loss(losses, Reduction::kMean, {}, scores, op);
}

}  // namespace

Tensor discriminator_loss(GANLoss game, const Tensor& real, const Tensor& made) {
  const auto total = [&](const Tensor& of_real, const Tensor& of_made) {
    return mean(of_real, real, "discriminator_loss") + mean(of_made, made, "discriminator_loss");
  };
  const Tensor x = wide(real), z = wide(made);
  switch (game) {
    case GANLoss::kMinimax:
    case GANLoss::kNonSaturating:
      return total(softplus(-x), softplus(z));
    case GANLoss::kHinge:
      return total(relu(1 - x), relu(1 + z));
    case GANLoss::kLeastSquares:
      return total(0.5 * square(x - 1), 0.5 * square(z));
    case GANLoss::kWasserstein:
      break;
  }
  return total(-x, z);
}

Tensor generator_loss(GANLoss game, const Tensor& made) {
  const Tensor z = wide(made);
  switch (game) {
    case GANLoss::kMinimax:
      return mean(-softplus(z), made, "generator_loss");
    case GANLoss::kNonSaturating:
      return mean(softplus(-z), made, "generator_loss");
    case GANLoss::kLeastSquares:
      return mean(0.5 * square(z - 1), made, "generator_loss");
    case GANLoss::kHinge:
    case GANLoss::kWasserstein:
      break;
  }
  return mean(-z, made, "generator_loss");
}

Tensor gradient_penalty(const Map& critic, const Tensor& real, const Tensor& made) {
  const char* op = "gradient_penalty";
  if (real.shape() != made.shape() || real.rank() < 2)
    fail<ShapeError>(op, "real samples are ", real.shape(), ", made ones ", made.shape(),
                     "; both must be of one shape, samples along axis 0 and features behind it");
  detail::check_not_empty(real, op, "samples are");
  std::vector<std::int64_t> one_each(static_cast<std::size_t>(real.rank()), 1);
  one_each[0] = real.dim(0);
  const Tensor share = uniform(Shape(one_each), 0.0, 1.0, wide(real).dtype()).to(real.dtype());
  const Tensor between = real + share * (made - real);
  const Tensor slope = wide(gradients(wide(critic(between)).sum(), between));
  std::vector<int> features(static_cast<std::size_t>(real.rank() - 1));
  std::iota(features.begin(), features.end(), 1);
  // A critic that is flat at a sample learns nothing from the penalty there, because the norm's slope at 0 is 0.
  return detail::in_dtype_of(real, square(norm(slope, 2, features) - 1).mean());
}

}  // namespace weft
