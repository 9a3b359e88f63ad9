// SPDX-License-Identifier: Apache-2.0
// A training loop of one's own: a rate schedule, clipping, gradients accumulated over batches, a metric, and a run that
// goes on where it was stopped. Two programs make one step: what they share lives in the optimizer.
//
// usage: own_loop [epochs] [directory] [device]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <tuple>
#include <utility>
#include <vector>

#include "weft/weft.h"

namespace {

struct Block : weft::Module {
  explicit Block(int width) : up(width, 4 * width), down(4 * width, width), drop(0.1) {}
  weft::Tensor forward(const weft::Tensor& x) const { return x + drop(down(weft::gelu(up(x)))); }
  weft::Linear up, down;
  weft::Dropout drop;
  WEFT_MODULE(up, down, drop)
};

struct Net : weft::Module {
  Net(int in, int width, int depth, int classes) : first(in, width), norm(width), last(width, classes) {
    for (int i = 0; i < depth; ++i) blocks.emplace_back(width);  // "blocks.0.up.weight"
  }
  weft::Tensor forward(weft::Tensor x) const {
    x = norm(first(x));
    for (const Block& block : blocks) x = block(x);
    return last(x);
  }
  weft::Linear first;
  weft::BatchNorm norm;
  weft::Linear last;
  std::vector<Block> blocks;
  WEFT_MODULE(first, norm, last, blocks)
};

}  // namespace

int main(int argc, char** argv) {
  constexpr int kAccumulate = 4;
  const std::int64_t epochs = argc > 1 ? std::atoll(argv[1]) : 30;
  const std::filesystem::path checkpoint = std::filesystem::path(argc > 2 ? argv[2] : "own") / "last.safetensors";
  const weft::DeviceScope device(argc > 3 ? weft::Device::parse(argv[3]) : weft::Device::best());
  weft::seed(7);

  const weft::Split digits = weft::data::digits();
  weft::Loader loader(digits.train, {.batch_size = 64, .drop_last = true, .seed = 7});
  Net model(64, 64, 2, 10);
  const std::int64_t updates = epochs * loader.batches() / kAccumulate;
  weft::Optimizer optimizer(model.parameters(),
                            weft::AdamW{.lr = weft::schedule::warmup_cosine(3e-3, updates / 10, updates + 1)},
                            {.clip_norm = 1});

  auto add_batch = weft::compile([&](weft::Tensor x, weft::Tensor y) {
    const weft::Tensor logits = model(x), loss = weft::cross_entropy(logits, y, {.label_smoothing = 0.1});
    optimizer.accumulate(loss);
    return std::pair{loss, weft::accuracy(logits, y)};
  });
  auto update = weft::compile([&] {
    const weft::Tensor rate = optimizer.lr();
    return std::pair{optimizer.update(), rate};
  });

  const weft::Checkpoint run(model, optimizer, loader, weft::default_generator());
  if (run.resume(checkpoint)) std::printf("goes on after epoch %lld\n", static_cast<long long>(loader.epoch()));
  std::filesystem::create_directories(checkpoint.parent_path());

  int batches = 0;
  while (loader.epoch() < epochs) {
    weft::Tensor loss, right, norm, rate;
    for (const auto& [x, y] : loader) {
      std::tie(loss, right) = add_batch(x, y);  // tensors keep their values after the next call
      if (++batches % kAccumulate == 0) std::tie(norm, rate) = update();
    }
    // The one place where the loop waits for the device.
    std::printf("epoch %2lld  loss %.3f  accuracy %.3f  gradient norm %.2f  rate %.1e\n",
                static_cast<long long>(loader.epoch()), static_cast<double>(loss.item()),
                static_cast<double>(right.item()), static_cast<double>(norm.item()), static_cast<double>(rate.item()));
    run.save(checkpoint);
  }

  // The gradients by hand, where they are wanted themselves. `limit` is an input: another value is no other program.
  auto by_hand = weft::compile([&](weft::Tensor x, weft::Tensor y, weft::Tensor limit) {
    weft::Tensor loss = weft::cross_entropy(model(x), y);
    optimizer.apply(weft::clip_global_norm(weft::gradients(loss, model.parameters()), limit));
    return loss;
  });
  for (const auto& [x, y] : loader) by_hand(x, y, 0.5);

  model.eval();
  const weft::Tensor score = weft::accuracy(model(digits.test.column(0).to(weft::default_device())),
                                            digits.test.column(1).to(weft::default_device()));
  std::printf("test accuracy %.3f\n", score.item<double>());
}
