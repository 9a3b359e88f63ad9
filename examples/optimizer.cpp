// SPDX-License-Identifier: Apache-2.0
// An optimizer of one's own: plain numbers and one update, written with tensors. It works wherever AdamW works: here in
// groups beside it, under clipping, in a trainer and its checkpoints.
//   optimizer [EPOCHS]
#include <cstdio>
#include <cstdlib>

#include "weft/weft.h"

// Lion (Chen et al. 2023).
struct Lion {
  weft::Schedule lr = 1e-4;
  double beta1 = 0.9, beta2 = 0.99, weight_decay = 0;
  WEFT_RECIPE(lr, beta1, beta2, weight_decay)  // names them for groups, checkpoints and errors

  // h: these numbers as they are at this update and in each group. s: what the recipe keeps, by name, zeros like p at
  // first.
  static weft::Tensor update(const Numbers& h, const weft::Tensor& p, const weft::Tensor& g, weft::RecipeState& s) {
    weft::Tensor m = s.get("momentum");
    weft::Tensor direction = weft::sign(h.beta1 * m + (1 - h.beta1) * g);
    s.set("momentum", h.beta2 * m + (1 - h.beta2) * g);
    return p - h.lr * (direction + h.weight_decay * p);
  }
};

int main(int argc, char** argv) {
  const int epochs = argc > 1 ? std::atoi(argv[1]) : 10;
  auto [train, test] = weft::data::digits();
  weft::Sequential model{weft::Linear(64, 128), weft::ReLU(), weft::Linear(128, 10)};
  weft::Parameters biases = model.parameters().matching("*.bias");
  std::vector<weft::Group> groups{{.parameters = model.parameters() - biases,
                                   .recipe = Lion{.lr = weft::schedule::cosine(1e-3, 0, 500), .weight_decay = 0.1}},
                                  {.parameters = biases, .recipe = weft::AdamW{.lr = 1e-3, .weight_decay = 0}}};
  weft::Trainer trainer(model, weft::CrossEntropy(), groups, {.seed = 7, .update = {.clip_norm = 1}});
  trainer.fit(train, {.epochs = epochs, .batch_size = 64, .callbacks = {weft::callbacks::checkpoint("runs/lion")}});
  std::printf("test accuracy %.4f after %lld updates\n", trainer.evaluate(test).accuracy,
              static_cast<long long>(trainer.optimizer().updates()));
}
