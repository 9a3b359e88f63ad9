// SPDX-License-Identifier: Apache-2.0
// A convolutional autoencoder takes noise from handwritten digits: strided convolutions down to 7x7 pixels, transposed
// ones back. usage: autoencoder [epochs] [device] [--data FOLDER of MNIST's files] [--seed N] [--out FOLDER]
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "handwritten.h"
#include "options.h"
#include "weft/weft.h"

namespace {

constexpr double kNoise = 0.4;

weft::Sequential autoencoder() {
  return weft::Sequential{weft::Conv2d(1, 16, 3, {.stride = 2, .padding = 1}),           weft::ReLU(),
                          weft::Conv2d(16, 32, 3, {.stride = 2, .padding = 1}),          weft::ReLU(),
                          weft::ConvTranspose2d(32, 16, 4, {.stride = 2, .padding = 1}), weft::ReLU(),
                          weft::ConvTranspose2d(16, 1, 4, {.stride = 2, .padding = 1}),  weft::Sigmoid()};
}

weft::Tensor noisy(const weft::Tensor& images) { return images + kNoise * weft::randn(images.shape()); }

// Peak signal-to-noise ratio in dB: 10 log10(1 / mean squared error), because pixels lie in [0, 1].
double psnr(const weft::Tensor& images, const weft::Tensor& clean) {
  return -10 * std::log10(weft::mse_loss(images, clean).item());
}

bool learn(const Options& options) {
  const weft::Split digits = handwritten(options.data);
  weft::Sequential model = autoencoder();
  model.initialize(options.seed);
  model.to(weft::default_device());
  weft::Optimizer optimizer(model.parameters(), weft::Adam{.lr = 2e-3});
  auto step = weft::compile([&](weft::Tensor clean) {
    weft::Tensor loss = weft::mse_loss(model(noisy(clean)), clean);  // other noise in each step
    optimizer.minimize(loss);
    return loss;
  });
  weft::Loader loader(digits.train, {.batch_size = 64, .drop_last = true, .seed = options.seed});
  for (std::int64_t epoch = 0; epoch < options.length; ++epoch)
    for (auto [images, labels] : loader) step(images);

  model.eval();
  const weft::Tensor clean = digits.test.column(0).to(weft::default_device()), before = noisy(clean);
  const weft::Tensor after = weft::compile([&](weft::Tensor x) { return model(x); })(before);
  const double low = psnr(before, clean), high = psnr(after, clean);
  std::printf("PSNR %.1f dB with noise, %.1f dB without (bar: 6 dB more)\n", low, high);
  weft::plot::images(weft::concat({before[{0, 10}], after[{0, 10}], clean[{0, 10}]}), options.out / "autoencoder.svg",
                     10, {.title = "With noise, without it, and the originals"});
  return high >= low + 6;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 5}, learn); }
