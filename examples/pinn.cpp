// SPDX-License-Identifier: Apache-2.0
// A physics-informed network: it learns u(x, t) from Burgers' equation u_t + u u_x = nu u_xx and the start values
// u(x, 0) = -sin(pi x) alone. The loss holds second derivatives of the network, so training takes third ones.
// usage: pinn [steps] [device] [--seed N] [--dry-run] [--explain]
#include <cstdio>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

bool learn(const Options& options) {
  constexpr double kPi = 3.14159265358979, kNu = 0.01 / kPi;
  const std::int64_t steps = options.length;

  weft::Sequential model{weft::Linear(2, 64), weft::Tanh(), weft::Linear(64, 64), weft::Tanh(), weft::Linear(64, 1)};
  // The rate is a formula of the update number, evaluated on the device.
  weft::Optimizer optimizer(model.parameters(), weft::Adam{.lr = weft::schedule::cosine(2e-3, 1e-5, steps)});

  // Forward over forward, row by row: jvp() gives f(x) and its derivative along a direction, and nests.
  auto residual_forward = [&](const weft::Tensor& x, const weft::Tensor& t) {
    auto along_x = [&](const weft::Tensor& x1) { return model(weft::concat({x1, t}, 1)); };
    auto u_x = [&](const weft::Tensor& x1) { return weft::jvp(along_x, x1, weft::ones_like(x1)).tangent; };
    auto along_t = [&](const weft::Tensor& t1) { return model(weft::concat({x, t1}, 1)); };
    const weft::Dual in_x = weft::jvp(u_x, x, weft::ones_like(x));      // u_x and u_xx
    const weft::Dual in_t = weft::jvp(along_t, t, weft::ones_like(t));  // u and u_t
    return in_t.tangent + in_t.value * in_x.value - kNu * in_x.tangent;
  };
  // Reverse over reverse, as with torch.autograd.grad(create_graph=True): gradients() gives ordinary tensors.
  auto residual_reverse = [&](const weft::Tensor& x, const weft::Tensor& t) {
    const weft::Tensor u = model(weft::concat({x, t}, 1));
    const std::vector<weft::Tensor> first = weft::gradients(u.sum(), std::vector{x, t});
    const weft::Tensor u_xx = weft::gradients(first[0].sum(), x);
    return first[1] + u * first[0] - kNu * u_xx;
  };

  auto step = weft::compile([&](weft::Tensor x, weft::Tensor t, weft::Tensor x0, weft::Tensor u0) {
    weft::Tensor physics = weft::square(residual_forward(x, t)).mean();
    weft::Tensor start = weft::mse_loss(model(weft::concat({x0, weft::zeros_like(x0)}, 1)), u0);
    weft::Tensor loss = physics + 10.0 * start;
    optimizer.minimize(loss);
    return std::pair{loss, physics};
  });

  const weft::Tensor rows = weft::zeros({1024, 1}), start_rows = weft::zeros({128, 1});
  if (only_planned(options, step, rows, rows, start_rows, start_rows)) return true;
  double first_loss = 0, last_loss = 0;
  for (std::int64_t i = 0; i < steps; ++i) {
    const weft::Tensor x0 = weft::uniform({128, 1}, -1, 1);
    auto [loss, physics] = step(weft::uniform({1024, 1}, -1, 1), weft::uniform({1024, 1}), x0, -weft::sin(kPi * x0));
    if (i == 0) first_loss = loss.item();
    if (i == steps - 1) last_loss = loss.item();
    if (i % 200 == 0)
      std::printf("step %5lld  loss %.3e  physics %.3e\n", static_cast<long long>(i), loss.item(), physics.item());
  }
  std::printf("loss %.3e at first, %.3e at last\n", first_loss, last_loss);

  auto difference = weft::compile([&](weft::Tensor x, weft::Tensor t) {
    return weft::square(residual_forward(x, t) - residual_reverse(x, t)).mean();
  });
  const float apart = difference(weft::uniform({64, 1}, -1, 1), weft::uniform({64, 1})).item();
  std::printf("forward against reverse: mean squared difference %.1e\n", apart);

  // Outside a program the transforms take functions.
  auto energy = [&](const weft::Tensor& x) { return weft::square(model(x)).sum(); };
  const weft::Tensor point = weft::ones({1, 2});
  std::printf("Hessian of the squared output times (1, 1): %s\n",
              weft::hvp(energy, point, weft::ones_like(point)).text().c_str());

  // A last update by hand: value_and_grad() takes the function, apply() what it gives.
  auto value_and_gradients = weft::value_and_grad(
      [&](const weft::Tensor& x, const weft::Tensor& t) { return weft::square(residual_forward(x, t)).mean(); },
      model.parameters());
  auto [value, gradients] = value_and_gradients(weft::uniform({64, 1}, -1, 1), weft::uniform({64, 1}));
  optimizer.apply(gradients);
  std::printf("%lld updates, the last at physics %.3e\n", static_cast<long long>(optimizer.updates()), value.item());
  return last_loss < first_loss && apart < 1e-8F;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 2000, .seed = 11}, learn); }
