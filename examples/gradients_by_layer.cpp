// SPDX-License-Identifier: Apache-2.0
// Vanishing and exploding gradients in a net of 20 layers, and two cures: ReLU with batch norm, and a step size per
// weight, with which Adam moves all layers equally far.
// usage: gradients_by_layer [epochs] [device] [--seed N] [--out FOLDER]
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr std::int64_t kDepth = 20, kWidth = 64;

// Linear layers with a function behind each, and perhaps a batch norm between the two.
struct Deep : weft::Module {
  Deep(std::function<weft::Tensor(weft::Tensor)> function, bool is_normed, const weft::LinearOptions& options = {})
      : activation(std::move(function)), last(kWidth, 10) {
    for (std::int64_t i = 0; i < kDepth; ++i) {
      layers.emplace_back(kWidth, kWidth, options);
      if (is_normed) norms.emplace_back(kWidth);
    }
  }
  weft::Tensor forward(weft::Tensor x) const {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      x = layers[i](x);
      x = activation(norms.empty() ? x : norms[i](x));
    }
    return last(x);
  }
  // Weights from the first layer to the last.
  weft::Parameters weights() { return parameters().matching("layers.*.weight"); }

  std::function<weft::Tensor(weft::Tensor)> activation;
  std::vector<weft::Linear> layers;
  std::vector<weft::BatchNorm> norms;
  weft::Linear last;
  WEFT_MODULE(layers, norms, last)
};

Deep sigmoid_net() {
  return Deep([](const weft::Tensor& x) { return weft::sigmoid(x); }, false, {.init = weft::init::xavier_normal()});
}
Deep large_net() {
  return Deep([](const weft::Tensor& x) { return weft::tanh(x); }, false, {.init = weft::init::normal(0.5)});
}
Deep normed_net() {
  return Deep([](const weft::Tensor& x) { return weft::relu(x); }, true);
}

// Norms of the loss's gradients by layer.
std::vector<double> gradient_norms(Deep& model, const weft::Tensor& x, const weft::Tensor& y) {
  const weft::Parameters weights = model.weights();
  auto norms = weft::compile([&](weft::Tensor in, weft::Tensor labels) {
    std::vector<weft::Tensor> found;
    for (const weft::Tensor& g : weft::gradients(weft::cross_entropy(model(in), labels), weights).values)
      found.push_back(weft::norm(g.to(weft::DType::kF64)));
    return weft::stack(found);
  });
  return norms(x, y).to_vector<double>();
}

// The loss after training, and how far the first step has moved each layer's weights.
struct Trained {
  double loss = 0;
  std::vector<double> first_step;
};
Trained train(Deep& model, const weft::Recipe& recipe, const weft::Dataset& rows, std::int64_t epochs) {
  const weft::Parameters weights = model.weights();
  weft::Optimizer optimizer(model.parameters(), recipe);
  auto step = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    weft::Tensor loss = weft::cross_entropy(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  weft::Loader loader(rows, {.batch_size = 128, .drop_last = true});
  Trained trained;
  std::vector<weft::Tensor> before;
  for (const weft::Variable& weight : weights) before.push_back(weight.value());
  weft::Tensor loss;
  while (loader.epoch() < epochs) {
    for (auto [x, y] : loader) {
      loss = step(x, y);
      for (std::size_t i = 0; trained.first_step.size() < before.size(); ++i)
        trained.first_step.push_back(weft::norm(weights[i] - before[i]).item());
    }
  }
  trained.loss = loss.item();
  return trained;
}

double ratio(const std::vector<double>& norms) { return norms.front() / norms.back(); }

bool learn(const Options& options) {
  const weft::Dataset rows = weft::data::digits().train;
  const weft::Tensor x = rows.column(0)[{0, 256}].to(weft::default_device());
  const weft::Tensor y = rows.column(1)[{0, 256}].to(weft::default_device());

  Deep vanishing = sigmoid_net(), exploding = large_net(), normed = normed_net(), cured = sigmoid_net();
  const std::vector<double> small = gradient_norms(vanishing, x, y), large = gradient_norms(exploding, x, y),
                            even = gradient_norms(normed, x, y);
  const Trained by_gradient = train(vanishing, weft::SGD{.lr = 0.1}, rows, options.length);
  const Trained by_size = train(cured, weft::Adam{.lr = 3e-3, .eps = 1e-16}, rows, options.length);
  const Trained by_norm = train(normed, weft::SGD{.lr = 0.1}, rows, options.length);

  weft::plot::lines({{"sigmoid", small},
                     {"tanh, large weights", large},
                     {"ReLU, batch norm", even},
                     {"sigmoid, Adam's step", by_size.first_step}},
                    options.out / "gradients_by_layer.svg",
                    {.title = "Gradients, and the first step of Adam", .x = "layer", .y = "norm", .log_y = true});
  std::printf("first layer / last layer     (bar)\n");
  std::printf("gradient, sigmoid            %8.0e  (below 1e-6)\n", ratio(small));
  std::printf("gradient, tanh, large        %8.0e  (above 100)\n", ratio(large));
  std::printf("gradient, ReLU, batch norm   %8.1f  (0.01 to 100)\n", ratio(even));
  std::printf("first step, sigmoid, Adam    %8.1f  (0.1 to 10)\n", ratio(by_size.first_step));
  std::printf("first step, sigmoid, SGD     %8.1g\n", ratio(by_gradient.first_step));
  std::printf("loss after %lld epochs: sigmoid %.3f by SGD, %.3f by Adam; ReLU and batch norm %.3f by SGD\n",
              static_cast<long long>(options.length), by_gradient.loss, by_size.loss, by_norm.loss);
  const auto is_even = [](double r, double factor) { return r > 1 / factor && r < factor; };
  return ratio(small) < 1e-6 && ratio(large) > 100 && is_even(ratio(even), 100) &&
         is_even(ratio(by_size.first_step), 10) && by_size.loss < by_gradient.loss && by_norm.loss < by_size.loss;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 90}, learn); }
