// SPDX-License-Identifier: Apache-2.0
// Gradient descent on least squares with a rate that is too small, right, and too big, without and with momentum.
//
// One direction of the loss is 25 times as steep as the other. Descent without momentum diverges where the rate is
// above 2 / curvature of the steepest one, here 1; a momentum of m raises that bound by 1 + m. usage: step_size [steps]
// [device] [--seed N] [--out FOLDER]
#include <cstdio>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr double kSmall = 0.02, kRight = 0.5, kBig = 1.1;

struct Rows {
  weft::Tensor x, y;
};

// The features have variances 1 and 1/25 in this very sample, so that the curvatures are 2 and 2/25.
Rows sample() {
  weft::Tensor x = weft::randn({200, 2});
  x = x - x.mean({0}, true);
  const weft::Tensor first = x.column(0), second = x.column(1);
  const weft::Tensor rest = second - first * ((first * second).mean() / weft::square(first).mean());
  x = weft::stack({first / weft::standard_deviation(first, {}, false, 0),
                   0.2 * rest / weft::standard_deviation(rest, {}, false, 0)},
                  1);
  return {x, weft::matmul(x, weft::Tensor::of({2.0f, -5.0f}, {2, 1})) + 0.1 * weft::randn({200, 1})};
}

// The loss before each step.
weft::plot::Line descend(const Rows& rows, double rate, double momentum, std::int64_t steps) {
  const weft::Parameter weight({2, 1}, weft::init::zeros());
  weft::Optimizer optimizer({{"weight", weight}}, weft::SGD{.lr = rate, .momentum = momentum});
  auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    weft::Tensor loss = weft::mse_loss(weft::matmul(x, weight), y);
    optimizer.minimize(loss);
    return loss;
  });
  char name[64];
  std::snprintf(name, sizeof(name), "rate %.2f", rate);
  weft::plot::Line line{name, {}};
  for (std::int64_t i = 0; i < steps; ++i) line.y.push_back(step(rows.x, rows.y).item());
  return line;
}

bool learn(const Options& options) {
  const Rows rows = sample();
  std::vector<weft::plot::Line> plain, heavy;
  std::printf("rate   without momentum   momentum 0.9   (loss after %lld steps)\n",
              static_cast<long long>(options.length));
  for (const double rate : {kSmall, kRight, kBig}) {
    plain.push_back(descend(rows, rate, 0, options.length));
    heavy.push_back(descend(rows, rate, 0.9, options.length));
    std::printf("%.2f   %16.4g   %12.4g\n", rate, plain.back().y.back(), heavy.back().y.back());
  }
  const weft::plot::Axes axes{.x = "step", .y = "loss", .log_y = true};
  weft::plot::Axes without = axes, with = axes;
  without.title = "Gradient descent without momentum";
  with.title = "Gradient descent with momentum 0.9";
  weft::plot::lines(plain, options.out / "step_size.svg", without);
  weft::plot::lines(heavy, options.out / "step_size_momentum.svg", with);
  const bool diverges = plain[2].y.back() > 100 * plain[2].y.front();
  const bool falls = plain[1].y.back() < 0.1 * plain[0].y.back();
  const bool helps = heavy[0].y.back() < 0.5 * plain[0].y.back() && heavy[2].y.back() < heavy[2].y.front();
  std::printf("the big rate %s; the right one ends %s the small one; momentum %s\n", diverges ? "diverges" : "holds",
              falls ? "far below" : "near", helps ? "speeds up the small rate and holds the big one" : "is no help");
  return diverges && falls && helps;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 60}, learn); }
