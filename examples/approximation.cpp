// SPDX-License-Identifier: Apache-2.0
// A curve behind noise, y = f(x) + e, by nets of one hidden layer of growing width, and by narrow nets of growing
// depth. usage: approximation [steps] [device] [--seed N] [--out FOLDER]
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr std::int64_t kRows = 1000, kDeepWidth = 8;

weft::Tensor curve(const weft::Tensor& x) {
  return weft::sin(5 * x) + 0.5 * weft::cos(13 * x) + 0.25 * weft::sin(29 * x);
}

weft::Sequential net(std::int64_t width, int depth) {
  weft::Sequential model;
  for (int i = 0; i < depth; ++i) model.push_back(weft::Linear(i == 0 ? 1 : width, width)).push_back(weft::Tanh());
  model.push_back(weft::Linear(width, 1));
  return model;
}

struct Fit {
  double loss = 0;        // of the rows, noise included
  double error = 0;       // root of the mean square of net - f
  std::vector<double> y;  // of the net
};

struct Rows {
  weft::Tensor x, y, grid;
};

Fit fit_once(const Options& options, const Rows& rows, std::int64_t width, int depth) {
  weft::Sequential model = net(width, depth);
  const std::int64_t steps = std::max<std::int64_t>(options.length, 4);
  weft::Optimizer optimizer(model.parameters(), weft::Adam{.lr = weft::schedule::one_cycle(0.03, steps)});
  auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    weft::Tensor loss = weft::mse_loss(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  weft::Tensor loss;
  for (std::int64_t i = 0; i < steps; ++i) loss = step(rows.x, rows.y);
  const weft::Tensor y = model(rows.grid);
  return {loss.item<double>(), std::sqrt(weft::mse_loss(y, curve(rows.grid)).item<double>()), y.to_vector<double>()};
}

// The best of three starts by the loss: a narrow net often ends in a valley that is not the deepest.
Fit fit(const Options& options, const Rows& rows, std::int64_t width, int depth) {
  Fit best = fit_once(options, rows, width, depth);
  for (int start = 1; start < 3; ++start) {
    Fit next = fit_once(options, rows, width, depth);
    if (next.loss < best.loss) best = std::move(next);
  }
  std::printf("width %2lld, %d hidden layer%s  error %.4f\n", static_cast<long long>(width), depth,
              depth == 1 ? " " : "s", best.error);
  return best;
}

bool learn(const Options& options) {
  const weft::Tensor x = weft::uniform({kRows, 1}, -1, 1);
  const Rows rows{x, curve(x) + 0.1 * weft::randn({kRows, 1}), weft::linspace(-1, 1, 201).unsqueeze(1)};
  const std::vector<double> places = rows.grid.to_vector<double>();

  std::vector<weft::plot::Line> curves{{"f", curve(rows.grid).to_vector<double>(), places}};
  std::vector<double> by_width, by_depth;
  for (const std::int64_t width : {1, 2, 4, 8, 16}) {
    const Fit found = fit(options, rows, width, 1);
    by_width.push_back(found.error);
    if (width == 2 || width == 8) curves.push_back({"width " + std::to_string(width), found.y, places});
  }
  by_depth.push_back(by_width[3]);
  for (const int depth : {2, 3}) {
    const Fit found = fit(options, rows, kDeepWidth, depth);
    by_depth.push_back(found.error);
    if (depth == 3) curves.push_back({"width 8, 3 layers", found.y, places});
  }
  weft::plot::lines(curves, options.out / "approximation_curves.svg",
                    {.title = "A curve and nets", .x = "x", .y = "y"});
  weft::plot::lines({{"one layer", by_width, {1, 2, 4, 8, 16}}, {"layers of width 8", by_depth, {8, 16, 24}}},
                    options.out / "approximation_error.svg",
                    {.title = "The error by size", .x = "hidden units", .y = "error", .log_x = true, .log_y = true});
  const bool falls = by_width[0] > by_width[1] && by_width[1] > by_width[2] && by_width[2] > by_width[3];
  const bool falls_on = by_depth[0] > by_depth[1] && by_depth[1] > by_depth[2];
  std::printf("from width 1 to 8 the error %s with each doubling, from 1 to 3 layers it %s with each layer\n",
              falls ? "falls" : "does not fall", falls_on ? "falls" : "does not fall");
  return falls && falls_on;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 4000}, learn); }
