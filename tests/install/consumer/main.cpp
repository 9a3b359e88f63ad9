// SPDX-License-Identifier: Apache-2.0
// Trains two steps, draws them, catches weft's exceptions, listens to its log, and checks that nothing changed on the
// way.
#include <weft/compile.h>
#include <weft/device.h>
#include <weft/error.h>
#include <weft/linear.h>
#include <weft/log.h>
#include <weft/ops.h>
#include <weft/optimizer.h>
#include <weft/plot.h>
#include <weft/random.h>
#include <weft/regression_loss.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

int main() {
  int messages = 0;
  weft::set_log_callback([&](weft::LogLevel, std::string_view) { ++messages; });
  weft::log(weft::LogLevel::kInfo, "hello");
  if (messages != 1) return 1;

  weft::seed(1);
  weft::Linear model(4, 1);
  weft::Optimizer optimizer(model.parameters(), weft::SGD{.lr = 0.1});
  auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    const weft::Tensor loss = weft::mse_loss(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  const weft::Tensor x = weft::randn({8, 4}), y = weft::ones({8, 1});
  const float first = step(x, y).item(), second = step(x, y).item();
  std::printf("loss %g, then %g\n", static_cast<double>(first), static_cast<double>(second));
  if (!(second < first)) return 2;

  const auto figure = std::filesystem::temp_directory_path() / ("weft-consumer-" + std::to_string(::getpid()) + ".png");
  weft::plot::lines({{"loss", {first, second}}}, figure);
  const bool drawn = std::filesystem::remove(figure);
  if (!drawn) return 5;

  try {
    step(weft::randn({8, 5}), y);
    return 3;
  } catch (const weft::ShapeError& e) {
    std::printf("caught: %s\n", e.what());
  }
  try {
    weft::Device::cuda(99);
    return 4;
  } catch (const weft::Error& e) {
    std::printf("caught: %s\n", e.what());
  }
  return 0;
}
