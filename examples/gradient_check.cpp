// SPDX-License-Identifier: Apache-2.0
// The gradient of a net by differences and by reverse mode: what each costs, and how far they agree.
//
// A difference of two losses needs a step. A large one sees the curvature, a small one the rounding of the losses; the
// best is near the cube root of the rounding for central differences and near its square root for forward ones.
// usage: gradient_check [hidden units] [device] [--seed N] [--out FOLDER]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

// softmax(V tanh(W x + b) + c), in f64.
struct Net {
  explicit Net(std::int64_t hidden)
      : W({2, hidden}, weft::init::normal(0.5), weft::DType::kF64),
        b({hidden}, weft::init::zeros(), weft::DType::kF64),
        V({hidden, 3}, weft::init::normal(0.5), weft::DType::kF64),
        c({3}, weft::init::zeros(), weft::DType::kF64) {}
  weft::Tensor loss(const weft::Tensor& x, const weft::Tensor& labels) const {
    return weft::cross_entropy(weft::matmul(weft::tanh(weft::matmul(x, W) + b), V) + c, labels);
  }
  weft::Parameter W, b, V, c;
  weft::Parameters all{{"W", W}, {"b", b}, {"V", V}, {"c", c}};
};

// Derivatives by one weight at a time, forward and central.
struct Numeric {
  std::vector<double> forward, central;
};
Numeric differences(const Net& net, double h, const std::function<double()>& loss) {
  Numeric out;
  const double here = loss();
  for (const weft::Variable& variable : net.all) {
    const weft::Tensor value = variable.value();
    for (std::int64_t i = 0; i < variable.numel(); ++i) {
      const weft::Tensor step =
          h * weft::one_hot(weft::Tensor::scalar(i), variable.numel(), weft::DType::kF64).reshape(variable.shape());
      variable.assign(value + step);
      const double above = loss();
      variable.assign(value - step);
      const double below = loss();
      out.forward.push_back((above - here) / h);
      out.central.push_back((above - below) / (2 * h));
    }
    variable.assign(value);
  }
  return out;
}

// Distance relative to the length of b.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double apart = 0, length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    apart += (a[i] - b[i]) * (a[i] - b[i]);
    length += b[i] * b[i];
  }
  return std::sqrt(apart / length);
}

bool learn(const Options& options) {
  auto [points, labels] = weft::data::blobs({.rows = 300, .centers = 3, .spread = 1});
  const weft::Tensor x = points.to(weft::DType::kF64);
  const Net net(options.length);
  auto gradients = weft::compile(
      [&](weft::Tensor in, weft::Tensor target) { return weft::gradients(net.loss(in, target), net.all).values; });
  auto loss_alone = weft::compile([&](weft::Tensor in, weft::Tensor target) { return net.loss(in, target); });
  const weft::Tensor targets = labels;
  const auto loss = [&] { return loss_alone(x, targets).item<double>(); };

  // The library's own check of a loss: agreement at one step, and what both ways cost.
  const weft::GradientReport report = weft::check_gradients([&] { return net.loss(x, targets); }, net.all);
  std::printf("%s\n", report.text.c_str());

  std::vector<double> analytic;
  for (const weft::Tensor& gradient : gradients(x, targets)) {
    const std::vector<double> part = gradient.to_vector<double>();
    analytic.insert(analytic.end(), part.begin(), part.end());
  }
  weft::plot::Line forward{"forward difference", {}, {}}, central{"central difference", {}, {}};
  for (int digits = 1; digits <= 13; ++digits) {
    const double h = std::pow(10, -digits);
    const Numeric numeric = differences(net, h, loss);
    forward.x.push_back(h);
    forward.y.push_back(distance(numeric.forward, analytic));
    central.x.push_back(h);
    central.y.push_back(distance(numeric.central, analytic));
    std::printf("step 1e-%02d  forward %.1e  central %.1e\n", digits, forward.y.back(), central.y.back());
  }
  weft::plot::lines({forward, central}, options.out / "gradient_check.svg",
                    {.title = "Differences beside reverse mode",
                     .x = "step of the difference",
                     .y = "error of the gradient",
                     .log_x = true,
                     .log_y = true});
  const double best = *std::min_element(central.y.begin(), central.y.end());
  std::printf("best agreement %.1e of the gradient's length (bar: 1e-8)\n", best);
  return report.ok && best <= 1e-8;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 8}, learn); }
