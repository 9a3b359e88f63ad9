// SPDX-License-Identifier: Apache-2.0
#include "training.h"

#include <cmath>

#include "weft/error.h"
#include "weft/loss.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace {

constexpr std::int64_t kRowsAtOnce = 500;  // when nothing is trained

// Eval mode for a scope.
class EvalMode {
 public:
  explicit EvalMode(weft::Module& model) : model_(model), before_(model.training()) { model_.eval(); }
  ~EvalMode() { model_.train(before_); }
  EvalMode(const EvalMode&) = delete;
  EvalMode& operator=(const EvalMode&) = delete;

 private:
  weft::Module& model_;
  bool before_;
};

weft::Sequential& placed(weft::Sequential& model, weft::Device device, std::uint64_t seed) {
  weft::seed(seed);
  model.to(device);
  model.initialise(seed);
  return model;
}

}  // namespace

Training::Training(weft::Sequential& model, const weft::Schedule& lr, weft::Device device, std::uint64_t seed)
    : model_(placed(model, device, seed)),
      device_(device),
      sums_(weft::zeros({2}).to(device)),
      optimizer_(model.parameters(), weft::AdamW{.lr = lr}),
      step_(weft::compile([this](weft::Tensor x, weft::Tensor y) {
        const weft::Tensor logits = model_(x);
        const weft::Tensor loss = weft::cross_entropy(logits, y);
        count(loss, logits, y);
        optimizer_.minimize(loss);
      })),
      check_(weft::compile(
          [this](weft::Tensor x, weft::Tensor y) {
            const weft::Tensor logits = model_(x);
            count(weft::cross_entropy(logits, y), logits, y);
          },
          {.name = "evaluate"})),
      forward_(weft::compile([this](weft::Tensor x) { return model_(x); }, {.name = "predict"})) {}

void Training::count(const weft::Tensor& loss, const weft::Tensor& logits, const weft::Tensor& labels) {
  const auto rows = static_cast<double>(labels.dim(0));
  sums_.assign(sums_.value() + rows * weft::stack({loss, weft::accuracy(logits, labels)}));
}

Metrics Training::read_sums(std::int64_t rows) {
  const std::vector<double> sums = sums_.value().to_vector<double>();
  sums_.assign(weft::zeros({2}).to(device_));
  return {sums[0] / static_cast<double>(rows), sums[1] / static_cast<double>(rows)};
}

std::string Training::memory_plan(std::int64_t batch_size, std::int64_t pixels) {
  step_.prepare(weft::zeros({batch_size, pixels}), weft::zeros({batch_size}, weft::DType::kI64));
  return step_.memory_plan();
}

Metrics Training::run_epoch(weft::Loader& loader, const std::function<void(std::int64_t rows)>& on_batch) {
  std::int64_t rows = 0;
  for (const auto& [x, y] : loader) {
    step_(x, y);
    rows += x.dim(0);
    on_batch(rows);
  }
  const Metrics metrics = read_sums(rows);
  if (!std::isfinite(metrics.loss)) throw weft::DataError("digits", "", "the loss is not finite; try a smaller --lr");
  return metrics;
}

Metrics Training::evaluate(const weft::Dataset& data) {
  const EvalMode eval(model_);
  weft::Loader loader(data, {.batch_size = kRowsAtOnce, .shuffle = false, .device = device_});
  for (const auto& [x, y] : loader) check_(x, y);
  return read_sums(data.size());
}

weft::Tensor Training::predict(const weft::Tensor& images) {
  const EvalMode eval(model_);
  std::vector<weft::Tensor> parts;
  for (const weft::Tensor& part : weft::split(images, kRowsAtOnce)) parts.push_back(forward_(part.to(device_)));
  return weft::concat(parts);
}
