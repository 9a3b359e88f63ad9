// SPDX-License-Identifier: Apache-2.0
// An op of one's own: shape rule, CPU kernel, CUDA kernel, gradient. From then on it traces, differentiates (as often
// as wanted) and trains like any other. usage: custom_op [steps] [device]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "weft/weft.h"
#include "window_sum.h"

void window_sum_cpu(const weft::Call& call, int left, int right) {
  const auto* x = static_cast<const float*>(call.inputs[0].data);
  auto* y = static_cast<float*>(call.outputs[0].data);
  const std::int64_t rows = call.inputs[0].spec.shape[0], columns = call.inputs[0].spec.shape[1];
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < columns; ++i) {
      const std::int64_t end = std::min(columns - 1, i + right);
      float sum = 0;
      for (std::int64_t j = std::max<std::int64_t>(0, i - left); j <= end; ++j) sum += x[r * columns + j];
      y[r * columns + i] = sum;
    }
  }
}

namespace {

// Attributes are part of a program: they need ==.
struct Window {
  int width = 1;
  bool operator==(const Window&) const = default;
};

std::vector<weft::TensorSpec> same_shape(std::span<const weft::TensorSpec> in, const Window& w) {
  if (in[0].shape.rank() != 2) throw weft::ShapeError("user::window_sum", "", "the input must be (batch, time)");
  if (in[0].dtype != weft::DType::kF32) throw weft::DTypeError("user::window_sum", "", "the input must be f32");
  if (w.width < 1) throw weft::ValueError("user::window_sum", "", "width must be positive");
  return {in[0]};
}

// Sums over the last `width` elements; its gradient sums over the next ones, and that one's gradient is the first
// again.
extern const weft::Op<Window> window_sum_back;

const weft::Op<Window> window_sum({
    .name = "user::window_sum",
    .shape = same_shape,
    .cpu = [](const weft::Call& call, const Window& w) { window_sum_cpu(call, w.width - 1, 0); },
#ifdef WITH_CUDA
    .cuda = [](const weft::Call& call, const Window& w) { window_sum_cuda(call, w.width - 1, 0); },
#endif
    .backward_reads = weft::Reads::kNothing,  // linear: the input is freed after the forward pass
    .gradient = [](auto, auto, auto cotangent,
                   const Window& w) { return std::vector{window_sum_back({cotangent[0]}, w)}; },
});

const weft::Op<Window> window_sum_back({
    .name = "user::window_sum_back",
    .shape = same_shape,
    .cpu = [](const weft::Call& call, const Window& w) { window_sum_cpu(call, 0, w.width - 1); },
#ifdef WITH_CUDA
    .cuda = [](const weft::Call& call, const Window& w) { window_sum_cuda(call, 0, w.width - 1); },
#endif
    .backward_reads = weft::Reads::kNothing,
    .gradient = [](auto, auto, auto cotangent, const Window& w) { return std::vector{window_sum({cotangent[0]}, w)}; },
});

}  // namespace

int main(int argc, char** argv) try {
  const int steps = argc > 1 ? std::atoi(argv[1]) : 300;
  weft::DeviceScope device(argc > 2 ? weft::Device::parse(argv[2]) : weft::Device::best());
  weft::seed(5);

  // The kernel is f32 only: the check says so and uses f32 with a wider bound.
  auto f = [](const weft::Tensor& x) { return weft::tanh(window_sum({x}, {.width = 5})); };
  const weft::GradientReport report = weft::check_gradients(weft::Map(f), {{.shape = {3, 17}}});
  std::printf("%s\n", report.text.c_str());

  // A model with the op in it learns the moving average of its input.
  weft::Sequential model{weft::Linear(32, 64), [](weft::Tensor x) { return window_sum({x}, {.width = 3}); },
                         weft::Linear(64, 32)};
  weft::Optimizer optimizer(model.parameters(), weft::SGD{.lr = 0.02, .momentum = 0.9});
  auto step = weft::compile([&](weft::Tensor x) {
    weft::Tensor loss = weft::mse_loss(model(x), window_sum({x}, {.width = 4}) / 4);
    optimizer.minimize(loss);
    return loss;
  });
  double first = 0, last = 0;
  for (int i = 0; i < steps; ++i) {
    const weft::Tensor loss = step(weft::randn({64, 32}));
    if (i == 0) first = loss.item();
    if (i == steps - 1) last = loss.item();
  }
  std::printf("loss %.4f at first, %.4f after %d steps\n", first, last, steps);
  return report.ok && last < first / 2 ? 0 : 1;
} catch (const weft::Error& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 2;
}
