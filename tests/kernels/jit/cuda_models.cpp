// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/jit/cuda_models.h"

#include "core/ir/read.h"
#include "core/passes/optimize.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

ir::Graph classifier(bool fuse, Sequential model, std::int64_t features, std::int64_t batch, const Recipe& recipe,
                     const UpdateOptions& update = {}) {
  model.to(Device::cpu());
  Optimizer optimizer(model.parameters(), recipe, update);
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y, {.label_smoothing = 0.1});
        optimizer.minimize(loss);
        return loss;
      },
      {.fuse = fuse});
  step.prepare(zeros({batch, features}), zeros({batch}, DType::kI64));
  return ir::read(step.graph());
}

// Groups that differ in every number, and a frozen member.
ir::Graph groups(bool fuse) {
  Sequential model{Linear(64, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)};
  model.get<Linear>(2).parameters()[0].set_trainable(false);
  const Parameters all = model.parameters();
  Optimizer optimizer(
      std::vector<Group>{
          {all.matching("*.weight"), AdamW{.lr = schedule::warmup_cosine(1e-2, 4, 12)}},
          {all.matching("*.bias"), AdamW{.lr = 1e-3, .beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0}}},
      {.clip_norm = 1});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      {.fuse = fuse});
  step.prepare(zeros({64, 64}), zeros({64}, DType::kI64));
  return ir::read(step.graph());
}

// Two nets, two optimizers, random numbers.
ir::Graph gan(bool fuse) {
  const auto net = [](std::int64_t in, std::int64_t out) {
    return Sequential{Linear(in, 64), LeakyReLU(0.2), Linear(64, out)};
  };
  Sequential generator = net(16, 2), discriminator = net(2, 1);
  Optimizer make(generator.parameters(), Adam{.lr = 1e-3}), judge(discriminator.parameters(), Adam{.lr = 1e-3});
  const auto against = [](const Tensor& logits, double label) {
    return bce_with_logits(logits, full_like(logits, label));
  };
  auto step = compile(
      [&](Tensor real) {
        const Tensor fake = generator(randn({real.dim(0), 16}));
        const Tensor judged = against(discriminator(real), 1) + against(discriminator(stop_gradient(fake)), 0);
        judge.minimize(judged);
        const Tensor fooled = against(discriminator(fake), 1);
        make.minimize(fooled);
        return std::pair{judged, fooled};
      },
      {.fuse = fuse});
  step.prepare(zeros({96, 2}));
  return ir::read(step.graph());
}

// Derivatives of the net by its input, forward over forward, inside the loss.
ir::Graph differential_equation(bool fuse) {
  Sequential model{Linear(1, 32), Tanh(), Linear(32, 32), Tanh(), Linear(32, 1)};
  Optimizer optimizer(model.parameters(), Adam{.lr = schedule::cosine(2e-3, 1e-5, 100)});
  const auto f = [&](const Tensor& x) { return model(x); };
  const auto slope = [&](const Tensor& x) { return jvp(f, x, ones_like(x)).tangent; };
  auto step = compile(
      [&](Tensor x) {
        const Dual second = jvp(slope, x, ones_like(x));
        Tensor loss = square(second.tangent + model(x)).mean() + square(second.value - 1.0).mean();
        optimizer.minimize(loss);
        return loss;
      },
      {.fuse = fuse});
  step.prepare(zeros({128, 1}));
  return ir::read(step.graph());
}

// The step as the CPU runs it, and cut for a library that computes gradients along with products.
template <class Step>
void add(std::vector<ModelStep>& all, const std::string& name, const Step& step) {
  all.push_back({name, step(true)});
  all.push_back({name + ", cut for CUDA", passes::optimize(step(false), {.gradient_epilogues = true})});
}

}  // namespace

std::vector<ModelStep> model_steps() {
  const DeviceScope on(Device::cpu());
  std::vector<ModelStep> all;
  add(all, "digits", [](bool fuse) {
    return classifier(fuse, Sequential{Linear(64, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)}, 64, 64,
                      AdamW{.lr = schedule::warmup_cosine(1e-2, 4, 12)});
  });
  add(all, "mnist", [](bool fuse) {
    return classifier(fuse, Sequential{Linear(784, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)}, 784, 64,
                      Adam{.lr = 1e-3});
  });
  add(all, "odd sizes", [](bool fuse) {
    return classifier(fuse, Sequential{Linear(64, 33), GELU(), Linear(33, 17), SiLU(), Linear(17, 10)}, 64, 37,
                      SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3}, {.clip_norm = 1});
  });
  add(all, "groups", groups);
  add(all, "gan", gan);
  add(all, "differential equation", differential_equation);
  return all;
}

}  // namespace weft::testing
