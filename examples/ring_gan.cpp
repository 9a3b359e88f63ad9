// SPDX-License-Identifier: Apache-2.0
// A generative adversarial network: two models, two optimizers, one program.
//
// The data are eight small clouds on a circle. The generator turns noise into points; the discriminator tells its
// points from real ones. A generator that has collapsed finds one cloud; a good one finds all. usage: ring_gan [steps]
// [device] [--seed N] [--out FOLDER] [--dry-run] [--explain]
#include <cstdint>
#include <cstdio>
#include <utility>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr std::int64_t kNoise = 16, kModes = 8;
constexpr double kRadius = 2, kSpread = 0.1;

weft::Sequential generator_net() {
  return weft::Sequential{weft::Linear(kNoise, 128), weft::BatchNorm(128), weft::ReLU(),
                          weft::Linear(128, 128),    weft::ReLU(),         weft::Linear(128, 2)};
}

weft::Sequential discriminator_net() {
  return weft::Sequential{weft::Linear(2, 128), weft::LeakyReLU(0.2), weft::Linear(128, 128), weft::LeakyReLU(0.2),
                          weft::Linear(128, 1)};
}

weft::Tensor real_points(std::int64_t count) {
  return weft::data::ring({.rows = count, .modes = kModes, .radius = kRadius, .spread = kSpread}).x;
}

// Clouds that the points reach, and the share of points that lie in one: within four standard deviations of its center.
struct Quality {
  std::int64_t modes = 0;
  double inside = 0;
};
Quality judge(const weft::Tensor& points) {
  const weft::Tensor centers = weft::data::ring({.rows = kModes, .modes = kModes, .radius = kRadius, .spread = 0}).x;
  const weft::Tensor distance = weft::norm(points.unsqueeze(1) - centers, 2, {2});  // (points, clouds)
  const weft::Tensor counts = (distance < 4 * kSpread).sum({0});
  Quality quality;
  const auto rows = static_cast<double>(points.dim(0));
  // A cloud counts where it has a quarter of its share of the points.
  for (const double count : counts.to_vector<double>()) {
    quality.modes += count > 0.25 * rows / kModes;
    quality.inside += count / rows;
  }
  return quality;
}

bool learn(const Options& options) {
  weft::Sequential generator = generator_net(), discriminator = discriminator_net();
  weft::Optimizer generator_optimizer(generator.parameters(), weft::Adam{.lr = 1e-3, .beta1 = 0.5});
  weft::Optimizer discriminator_optimizer(discriminator.parameters(), weft::Adam{.lr = 1e-3, .beta1 = 0.5});

  // Both updates are one program. After the first minimize(), discriminator(...) reads the new weights; what was
  // computed before keeps the old ones. An optimizer moves only its own parameters, so stop_gradient() saves work and
  // is not needed for correctness.
  constexpr weft::GANLoss kGame = weft::GANLoss::kNonSaturating;
  auto step = weft::compile([&](weft::Tensor real) {
    weft::Tensor made = generator(weft::randn({real.dim(0), kNoise}));
    weft::Tensor d_loss =
        weft::discriminator_loss(kGame, discriminator(real), discriminator(weft::stop_gradient(made)));
    discriminator_optimizer.minimize(d_loss);
    weft::Tensor g_loss = weft::generator_loss(kGame, discriminator(made));
    generator_optimizer.minimize(g_loss);
    return std::pair{d_loss, g_loss};
  });

  if (only_planned(options, step, real_points(256))) return true;
  for (std::int64_t i = 0; i < options.length; ++i) {
    auto [d_loss, g_loss] = step(real_points(256));
    // Only reading a value waits for the device.
    if (i % 200 == 0)
      std::printf("step %5lld  discriminator %.3f  generator %.3f\n", static_cast<long long>(i), d_loss.item(),
                  g_loss.item());
  }

  generator.eval();  // running statistics instead of the batch's
  const weft::Tensor points = generator(weft::randn({2000, kNoise}));
  const Quality quality = judge(points);
  std::printf("%lld of %lld clouds reached (bar: 6), %.0f %% of the points lie in one\n",
              static_cast<long long>(quality.modes), static_cast<long long>(kModes), 100 * quality.inside);
  const weft::Tensor real = real_points(250);
  weft::plot::scatter(weft::concat({real, points[{0, 250}]}),
                      weft::concat({weft::zeros({250}, weft::DType::kI64), weft::ones({250}, weft::DType::kI64)}),
                      options.out / "ring_gan.svg", {.title = "Real points (0) and made ones (1)"});
  return quality.modes >= 6;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 2000}, learn); }
