// SPDX-License-Identifier: Apache-2.0
// The case "start": the time from nothing to one finished training step on the digits, as in a user's program.
#include <cstdio>
#include <exception>

#include "weft/weft.h"

int main(int argc, char** argv) {
  try {
    const weft::DeviceScope scope(weft::Device::parse(argc > 1 ? argv[1] : "cpu"));
    auto [train, test] = weft::data::digits();
    weft::Sequential model{weft::Linear(64, 128), weft::BatchNorm(128), weft::ReLU(), weft::Dropout(0.2f),
                           weft::Linear(128, 10)};
    weft::Optimizer optimizer(model.parameters(), weft::Adam{.lr = 1e-3});
    auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
      weft::Tensor loss = weft::cross_entropy(model(x), y);
      optimizer.minimize(loss);
      return loss;
    });
    weft::Loader loader(train, {.batch_size = 64});
    for (auto [x, y] : loader) {
      std::printf("loss %.4f\n", static_cast<double>(step(x, y).item()));
      break;
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_start: %s\n", error.what());
    return 1;
  }
}
