// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/gradients.h"
#include "weft/tensor.h"

// Losses of generative adversarial nets. A discriminator gives a score per sample, of any shape: large for real ones.
namespace weft WEFT_EXPORT {

// Games of a generator and a discriminator. With scores x of real and z of made samples, s the sigmoid, means over all:
//   kMinimax, kNonSaturating  -log s(x) - log(1 - s(z)). Goodfellow et al. 2014
//   kHinge                    max(0, 1 - x) + max(0, 1 + z). Lim and Ye 2017
//   kLeastSquares             (x - 1)^2 / 2 + z^2 / 2. Mao et al. 2017
//   kWasserstein              z - x, together with gradient_penalty(). Arjovsky et al. 2017
enum class GANLoss : std::uint8_t { kMinimax, kNonSaturating, kHinge, kLeastSquares, kWasserstein };

// The discriminator's loss, as above.
[[nodiscard]] Tensor discriminator_loss(GANLoss game, const Tensor& real, const Tensor& made);
// The generator's loss: log(1 - s(z)) for kMinimax, -log s(z) for kNonSaturating, (z - 1)^2 / 2 for kLeastSquares, -z
// for the others.
[[nodiscard]] Tensor generator_loss(GANLoss game, const Tensor& made);
// mean over samples of (|d critic(x) / dx| - 1)^2 at points x drawn between real and made samples, for kWasserstein;
// the paper weighs it by 10. Both (n, ...) of one shape; critic: samples to scores. TraceError outside a trace, because
// it is a part of a loss. Source: Gulrajani et al. 2017.
[[nodiscard]] Tensor gradient_penalty(const Map& critic, const Tensor& real, const Tensor& made);

}  // namespace weft
