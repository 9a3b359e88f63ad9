// SPDX-License-Identifier: Apache-2.0
// Full training steps of multi-layer perceptrons: forward, loss, backward, update.
#include "bench/case.h"

#include <algorithm>

namespace weft::bench {
namespace {

struct Net {
  std::string name;
  std::vector<std::int64_t> widths;
  std::int64_t batch;
  std::string precision = "f32";
  std::string optimizer = "adam";
  bool regression = false;  // mean squared error against targets, instead of classes
};

// The program of one net, as a user writes it.
class Training {
 public:
  explicit Training(const Net& net)
      : model_(layers(net.widths)),
        optimizer_(model_.parameters(), recipe(net.optimizer)),
        step_(compile(
            [this, regression = net.regression](Tensor x, Tensor y) {
              Tensor loss = regression ? mse_loss(model_(x), y) : cross_entropy(model_(x), y);
              optimizer_.minimize(loss);
              return loss;
            },
            {.precision = precision_of(net.precision)})) {
    const std::int64_t last = net.widths.back();
    const std::size_t count = rotation(net.batch * net.widths.front() * 4);
    for (std::size_t i = 0; i < count; ++i) {
      x_.push_back(noise({net.batch, net.widths.front()}));
      y_.push_back(net.regression ? noise({net.batch, last}) : labels(net.batch, last));
    }
  }

  void step() {
    step_(x_[next_], y_[next_]);
    next_ = (next_ + 1) % x_.size();
  }

  std::string explain() const { return step_.explain(); }

  Named probe() {
    constexpr std::size_t kSteps = 3;
    Named named = values("before.");
    for (std::size_t k = 0; k < kSteps; ++k) {
      const std::string number = std::to_string(k);
      const Tensor& x = x_[k % x_.size()];
      const Tensor& y = y_[k % y_.size()];
      named.emplace_back("x." + number, x);
      named.emplace_back("y." + number, y);
      named.emplace_back("loss." + number, step_(x, y));
    }
    for (auto& value : values("after.")) named.push_back(std::move(value));
    return named;
  }

 private:
  static Sequential layers(const std::vector<std::int64_t>& widths) {
    Sequential model;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      model.push_back(Linear(widths[i], widths[i + 1]));
      if (i + 2 < widths.size()) model.push_back(ReLU());
    }
    model.initialize(1);
    return model;
  }
  static Recipe recipe(const std::string& name) {
    if (name == "adamw") return AdamW{.lr = 1e-3};
    return Adam{.lr = 1e-3};
  }
  Named values(const std::string& prefix) {
    Named named;
    const Parameters all = model_.parameters();
    for (std::size_t i = 0; i < all.size(); ++i) named.emplace_back(prefix + std::to_string(i), all[i].value());
    return named;
  }

  Sequential model_;
  Optimizer optimizer_;
  Compiled<Tensor(Tensor, Tensor)> step_;
  std::vector<Tensor> x_, y_;
  std::size_t next_ = 0;
};

// Bytes: 28 for each parameter (Adam reads four numbers and writes three), the batch, and each activation written once
// and read once. The first layer has no gradient of its input.
void count(Case& made, const Net& net) {
  const double element = net.precision == "bf16" ? 2 : 4;
  const double batch = static_cast<double>(net.batch);
  double parameters = 0, activations = 0;
  for (std::size_t i = 0; i + 1 < net.widths.size(); ++i) {
    const double in = static_cast<double>(net.widths[i]), out = static_cast<double>(net.widths[i + 1]);
    made.flops += (i == 0 ? 2 : 3) * 2 * batch * in * out;
    parameters += in * out + out;
    activations += batch * out;
  }
  const double inputs = batch * static_cast<double>(net.widths.front()) * 4;
  made.bytes = 28 * parameters + inputs + 2 * element * activations;
  made.footprint = 16 * parameters + inputs + element * activations;
}

Case make(Net net, const Setup& setup) {
  if (setup.tiny) {
    net.widths.assign(net.widths.size(), 12);
    net.widths.front() = 20;
    net.widths.back() = 7;
    net.batch = std::min<std::int64_t>(net.batch, 5);
  }
  Case made;
  count(made, net);
  made.about = About("mlp")
                   .add("widths", net.widths)
                   .add("batch", net.batch)
                   .add("precision", net.precision)
                   .add("optimizer", net.optimizer)
                   .add("loss", net.regression ? "mse" : "cross_entropy")
                   .text();
  const auto training = std::make_shared<Training>(net);
  made.step = [training] { training->step(); };
  made.probe = [training] { return training->probe(); };
  made.explain = [training] { return training->explain(); };
  return made;
}

std::vector<Net> nets() {
  const std::vector<std::int64_t> small = {784, 128, 128, 10}, square = {1024, 1024, 1024, 1024};
  std::vector<Net> all;
  for (const std::int64_t batch : {1, 16, 64, 1024})
    all.push_back({.name = "mlp128-b" + std::to_string(batch), .widths = small, .batch = batch});
  all.push_back({.name = "mlp1024-b64", .widths = square, .batch = 64});
  all.push_back({.name = "mlp1024-b1024", .widths = square, .batch = 1024});
  all.push_back({.name = "mlp1024-bf16-b1024", .widths = square, .batch = 1024, .precision = "bf16"});
  for (const std::int64_t batch : {64, 1024, 8192, 65536})
    for (const std::string precision : {"f32", "tf32", "bf16"})
      all.push_back({.name = "mlp512-" + precision + "-b" + std::to_string(batch),
                     .widths = {784, 512, 512, 10},
                     .batch = batch,
                     .precision = precision});
  for (const int power : {14, 16, 18, 21})
    all.push_back({.name = "mlp64x4-bf16-b2^" + std::to_string(power),
                   .widths = {32, 64, 64, 64, 64, 16},
                   .batch = std::int64_t{1} << power,
                   .precision = "bf16",
                   .regression = true});
  all.push_back({.name = "mlp4096x4-bf16-b8192",
                 .widths = {4096, 4096, 4096, 4096, 4096},
                 .batch = 8192,
                 .precision = "bf16",
                 .optimizer = "adamw"});
  return all;
}

}  // namespace

std::vector<Row> mlp_rows() {
  std::vector<Row> rows;
  for (const Net& net : nets()) rows.push_back({net.name, [net](const Setup& setup) { return make(net, setup); }});
  return rows;
}

}  // namespace weft::bench
