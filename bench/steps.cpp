// SPDX-License-Identifier: Apache-2.0
// Whole training steps of small networks, Adam, softmax-cross-entropy: microseconds per step, and the share of them
// that the step's matrix products take when a program does nothing else. The baseline for what comes; it has no peer
// yet.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "weft/weft.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Case {
  std::vector<std::int64_t> widths;
  bool norm;  // BatchNorm and Dropout after the hidden layers, as the digits example has
};

weft::Sequential model_of(const Case& c) {
  weft::Sequential model;
  for (std::size_t i = 0; i + 1 < c.widths.size(); ++i) {
    model.push_back(weft::Linear(c.widths[i], c.widths[i + 1]));
    if (i + 2 == c.widths.size()) break;
    if (c.norm) model.push_back(weft::BatchNorm(c.widths[i + 1]));
    model.push_back(weft::ReLU());
    if (c.norm) model.push_back(weft::Dropout(0.2));
  }
  return model;
}

// Seconds that the matrix products of one step take: forward, weight gradients, and all input gradients but the first.
// The results are assigned to variables, so that nothing else is computed or copied.
double product_seconds(const Case& c, std::int64_t batch, weft::Device device) {
  std::vector<weft::Tensor> x, w;
  std::vector<weft::Variable> forward, by_weight, by_input;
  for (std::size_t i = 0; i + 1 < c.widths.size(); ++i) {
    x.push_back(weft::randn({batch, c.widths[i]}));
    w.push_back(weft::randn({c.widths[i + 1], c.widths[i]}));
    forward.emplace_back(weft::zeros({batch, c.widths[i + 1]}));
    by_weight.emplace_back(weft::zeros({c.widths[i + 1], c.widths[i]}));
    by_input.emplace_back(weft::zeros({batch, c.widths[i]}));
  }
  auto products = weft::compile([&] {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const weft::Tensor y = weft::matmul(x[i], w[i], false, true);
      forward[i].assign(y);
      by_weight[i].assign(weft::matmul(y, x[i], true, false));
      if (i > 0) by_input[i].assign(weft::matmul(y, w[i]));
    }
  });
  products();
  weft::synchronize(device);
  constexpr int kRuns = 50;
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kRuns; ++i) products();
  weft::synchronize(device);
  return std::chrono::duration<double>(Clock::now() - start).count() / kRuns;
}

void step(benchmark::State& state, const Case& c) {
  const std::int64_t batch = state.range(0);
  const weft::Device device = weft::default_device();
  weft::seed(1);
  weft::Sequential model = model_of(c);
  weft::Optimizer optimizer(model.parameters(), weft::Adam{.lr = 1e-3});
  auto train = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    const weft::Tensor loss = weft::cross_entropy(model(x), y);
    optimizer.minimize(loss);
  });
  // Several batches in turn, so that no step finds the last one's data.
  std::vector<weft::Tensor> x, y;
  for (int i = 0; i < 8; ++i) {
    x.push_back(weft::uniform({batch, c.widths.front()}));
    y.push_back(weft::floor(weft::uniform({batch}, 0, 10)).to(weft::DType::kI64));
  }
  for (std::size_t i = 0; i < x.size(); ++i) train(x[i], y[i]);
  weft::synchronize(device);
  std::size_t next = 0;
  double seconds = 0;
  for (auto _ : state) {
    const Clock::time_point start = Clock::now();
    train(x[next % x.size()], y[next % x.size()]);
    weft::synchronize(device);
    ++next;
    const double one = std::chrono::duration<double>(Clock::now() - start).count();
    seconds += one;
    state.SetIterationTime(one);
  }
  const double per_step = seconds / static_cast<double>(state.iterations());
  state.counters["us_per_step"] = per_step * 1e6;
  state.counters["gemm_share"] = product_seconds(c, batch, device) / per_step;
}

BENCHMARK_CAPTURE(step, digits, (Case{{64, 128, 10}, true}))->Arg(16)->Arg(64)->Arg(1024)->UseManualTime();
BENCHMARK_CAPTURE(step, mnist, (Case{{784, 128, 128, 10}, false}))
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->Arg(1024)
    ->UseManualTime();

}  // namespace
