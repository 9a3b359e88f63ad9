// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cuda_models.h"

#include "core/ir/read.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

ModelStep classifier(const std::string& name, Sequential model, std::int64_t features, std::int64_t batch,
                     const Recipe& recipe, const UpdateOptions& update = {}) {
  model.to(Device::cpu());
  Optimizer optimizer(model.parameters(), recipe, update);
  auto step = compile([&](Tensor x, Tensor y) {
    Tensor loss = cross_entropy(model(x), y, {.label_smoothing = 0.1});
    optimizer.minimize(loss);
    return loss;
  });
  step.prepare(zeros({batch, features}), zeros({batch}, DType::kI64));
  return {name, ir::read(step.graph())};
}

// Groups that differ in every number, and a frozen member.
ModelStep groups() {
  Sequential model{Linear(64, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)};
  model.get<Linear>(2).parameters()[0].set_trainable(false);
  const Parameters all = model.parameters();
  Optimizer optimizer(
      std::vector<Group>{
          {all.matching("*.weight"), AdamW{.lr = warmup_cosine(1e-2, 4, 12)}},
          {all.matching("*.bias"), AdamW{.lr = 1e-3, .beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0}}},
      {.clip_norm = 1});
  auto step = compile([&](Tensor x, Tensor y) {
    Tensor loss = cross_entropy(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  step.prepare(zeros({64, 64}), zeros({64}, DType::kI64));
  return {"groups", ir::read(step.graph())};
}

// Two nets, two optimizers, random numbers.
ModelStep gan() {
  const auto net = [](std::int64_t in, std::int64_t out) {
    return Sequential{Linear(in, 64), LeakyReLU(0.2), Linear(64, out)};
  };
  Sequential generator = net(16, 2), discriminator = net(2, 1);
  Optimizer make(generator.parameters(), Adam{.lr = 1e-3}), judge(discriminator.parameters(), Adam{.lr = 1e-3});
  const auto against = [](const Tensor& logits, double label) {
    return bce_with_logits(logits, full_like(logits, label));
  };
  auto step = compile([&](Tensor real) {
    const Tensor fake = generator(randn({real.dim(0), 16}));
    const Tensor judged = against(discriminator(real), 1) + against(discriminator(stop_gradient(fake)), 0);
    judge.minimize(judged);
    const Tensor fooled = against(discriminator(fake), 1);
    make.minimize(fooled);
    return std::pair{judged, fooled};
  });
  step.prepare(zeros({96, 2}));
  return {"gan", ir::read(step.graph())};
}

// Derivatives of the net by its input, forward over forward, inside the loss.
ModelStep differential_equation() {
  Sequential model{Linear(1, 32), Tanh(), Linear(32, 32), Tanh(), Linear(32, 1)};
  Optimizer optimizer(model.parameters(), Adam{.lr = cosine(2e-3, 1e-5, 100)});
  const auto f = [&](const Tensor& x) { return model(x); };
  const auto slope = [&](const Tensor& x) { return jvp(f, x, ones_like(x)).tangent; };
  auto step = compile([&](Tensor x) {
    const Dual second = jvp(slope, x, ones_like(x));
    Tensor loss = square(second.tangent + model(x)).mean() + square(second.value - 1.0).mean();
    optimizer.minimize(loss);
    return loss;
  });
  step.prepare(zeros({128, 1}));
  return {"differential equation", ir::read(step.graph())};
}

}  // namespace

std::vector<ModelStep> model_steps() {
  const DeviceScope on(Device::cpu());
  std::vector<ModelStep> all;
  all.push_back(classifier("digits", Sequential{Linear(64, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)},
                           64, 64, AdamW{.lr = warmup_cosine(1e-2, 4, 12)}));
  all.push_back(classifier("mnist", Sequential{Linear(784, 128), ReLU(), Linear(128, 128), ReLU(), Linear(128, 10)},
                           784, 64, Adam{.lr = 1e-3}));
  all.push_back(classifier("odd sizes", Sequential{Linear(64, 33), GELU(), Linear(33, 17), SiLU(), Linear(17, 10)}, 64,
                           37, SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3},
                           {.clip_norm = 1}));
  all.push_back(groups());
  all.push_back(gan());
  all.push_back(differential_equation());
  return all;
}

}  // namespace weft::testing
