// SPDX-License-Identifier: Apache-2.0
// The weights of a biased die by maximum likelihood: gradient descent finds the frequencies of its faces.
// usage: die [steps] [device] [--seed N] [--out FOLDER]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr std::int64_t kFaces = 6, kRolls = 10000;

// The face of a roll is the number of faces whose chances, added up, lie below a number drawn from [0, 1).
weft::Tensor roll() {
  const weft::Tensor chances = weft::Tensor::of({0.25f, 0.2f, 0.2f, 0.15f, 0.12f, 0.08f}, {kFaces});
  const weft::Tensor bounds = weft::cumsum(chances)[{0, kFaces - 1}];
  return (weft::uniform({kRolls, 1}) > bounds).sum({1});
}

bool learn(const Options& options) {
  const weft::Tensor rolls = roll();
  const weft::Parameter scores({kFaces}, weft::init::zeros());
  weft::Optimizer optimizer({{"scores", scores}}, weft::SGD{.lr = 2});
  auto step = weft::compile([&](weft::Tensor seen) {
    const weft::Tensor logits = weft::broadcast_to(scores, {kRolls, kFaces});
    const weft::Tensor loss = weft::cross_entropy(logits, seen);  // minus the mean log-likelihood of a roll
    optimizer.minimize(loss);
    return std::pair{loss, weft::softmax(scores)};
  });

  std::vector<weft::plot::Line> lines(kFaces);
  for (std::size_t face = 0; face < kFaces; ++face) lines[face].name = std::to_string(face + 1);
  weft::Tensor loss, weights;
  for (std::int64_t i = 0; i < options.length; ++i) {
    std::tie(loss, weights) = step(rolls);
    const std::vector<double> now = weights.to_vector<double>();
    for (std::size_t face = 0; face < kFaces; ++face) lines[face].y.push_back(now[face]);
  }

  weft::plot::lines(lines, options.out / "die.svg",
                    {.title = "The weights of a die, by its faces", .x = "step", .y = "weight"});
  const std::vector<double> frequencies = weft::one_hot(rolls, kFaces).mean({0}).to_vector<double>();
  double worst = 0;
  std::printf("face  frequency  weight\n");
  for (std::size_t face = 0; face < kFaces; ++face) {
    const double weight = lines[face].y.back();
    std::printf("%4zu  %9.4f  %6.4f\n", face + 1, frequencies[face], weight);
    worst = std::max(worst, std::abs(weight - frequencies[face]));
  }
  std::printf("largest difference %.1e (bar: 1e-3), %.4f nats per roll\n", worst, loss.item<double>());
  return worst <= 1e-3;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 60}, learn); }
