// SPDX-License-Identifier: Apache-2.0
// A generative adversarial network: two models, two optimizers, one program.
//
// The data are points near a circle. The generator turns noise into points; the discriminator tells its points from
// real ones. usage: gan [steps] [device] [--dry-run] [--explain]
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr double kPi = 3.14159265358979;

weft::Sequential generator_net() {
  return weft::Sequential{weft::Linear(16, 128),  weft::BatchNorm(128), weft::ReLU(),
                          weft::Linear(128, 128), weft::ReLU(),         weft::Linear(128, 2)};
}

weft::Sequential discriminator_net() {
  return weft::Sequential{weft::Linear(2, 128), weft::LeakyReLU(0.2), weft::Linear(128, 128), weft::LeakyReLU(0.2),
                          weft::Linear(128, 1)};
}

// The loss of calling every row `label`.
weft::Tensor against(const weft::Tensor& logits, double label) {
  return weft::bce_with_logits(logits, weft::full_like(logits, label));
}

// Points near the unit circle, drawn on the device: outside a program an op runs at once.
weft::Tensor real_points(std::int64_t count) {
  const weft::Tensor angle = weft::uniform({count, 1}, 0, 2 * kPi);
  return weft::concat({weft::cos(angle), weft::sin(angle)}, 1) + 0.05 * weft::randn({count, 2});
}

// Mean distance of generated points from the circle, and the number of its eight parts that they reach.
struct Quality {
  double distance = 0;
  std::size_t parts = 0;
};
Quality judge(weft::Sequential& generator) {
  generator.eval();  // running statistics instead of the batch's
  const std::vector<float> points = generator(weft::randn({2000, 16})).to_vector();
  generator.train();
  Quality quality;
  std::set<long> parts;
  for (std::size_t i = 0; i < points.size(); i += 2) {
    const double x = points[i], y = points[i + 1];
    quality.distance += std::abs(std::hypot(x, y) - 1) / (static_cast<double>(points.size()) / 2);
    parts.insert(std::lround(std::floor(std::atan2(y, x) / (kPi / 4))));
  }
  quality.parts = parts.size();
  return quality;
}

}  // namespace

int main(int argc, char** argv) try {
  const Options options = parse_options(argc, argv);
  const int steps = !options.rest.empty() ? std::atoi(options.rest[0]) : 2000;
  weft::DeviceScope device(options.rest.size() > 1 ? weft::Device::parse(options.rest[1]) : weft::Device::best());
  weft::seed(3);

  weft::Sequential generator = generator_net(), discriminator = discriminator_net();
  weft::Optimizer generator_optimizer(generator.parameters(), weft::Adam{.lr = 1e-3, .beta1 = 0.5});
  weft::Optimizer discriminator_optimizer(discriminator.parameters(), weft::Adam{.lr = 1e-3, .beta1 = 0.5});

  // Both updates are one program. After the first minimize(), discriminator(...) reads the new weights; what was
  // computed before keeps the old ones. An optimizer moves only its own parameters, so stop_gradient() saves work and
  // is not needed for correctness.
  auto step = weft::compile([&](weft::Tensor real) {
    weft::Tensor fake = generator(weft::randn({real.dim(0), 16}));
    weft::Tensor d_loss = against(discriminator(real), 1) + against(discriminator(weft::stop_gradient(fake)), 0);
    discriminator_optimizer.minimize(d_loss);
    weft::Tensor g_loss = against(discriminator(fake), 1);
    generator_optimizer.minimize(g_loss);
    return std::pair{d_loss, g_loss};
  });

  if (only_planned(options, step, real_points(256))) return 0;
  const Quality before = judge(generator);
  for (int i = 0; i < steps; ++i) {
    auto [d_loss, g_loss] = step(real_points(256));
    // Only reading a value waits for the device.
    if (i % 200 == 0) std::printf("step %5d  discriminator %.3f  generator %.3f\n", i, d_loss.item(), g_loss.item());
  }

  const Quality after = judge(generator);
  std::printf("distance from the circle %.3f before, %.3f after; %zu of its 8 parts reached\n", before.distance,
              after.distance, after.parts);
  return after.distance < before.distance ? 0 : 1;
} catch (const weft::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 2;
}
