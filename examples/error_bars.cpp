// SPDX-License-Identifier: Apache-2.0
// Predictions with error bars. A net with two outputs, a mean and a variance, is trained by the Gaussian likelihood; an
// ensemble of such nets also knows where it has seen no data.
// usage: error_bars [epochs] [device] [--seed N] [--out FOLDER]
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

constexpr int kMembers = 5;
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();  // in a curve
constexpr double kQuantile = 1.6449;  // of the standard normal distribution: 90 % lie within

weft::Tensor truth(const weft::Tensor& x) { return weft::sin(2 * x); }
weft::Tensor noise(const weft::Tensor& x) { return 0.1 + 0.1 * weft::abs(x); }  // standard deviation

weft::Dataset draw(std::int64_t rows) {
  const weft::Tensor x = weft::uniform({rows, 1}, -2, 2);
  return weft::Dataset({x, truth(x) + noise(x) * weft::randn({rows, 1})});
}

struct Prediction {
  weft::Tensor mean, deviation;  // (n)
};

// Outputs of a net that predicts two numbers.
Prediction of_outputs(const weft::Tensor& outputs) { return {outputs.column(0), weft::exp(0.5 * outputs.column(1))}; }

// Mean and deviation of the mixture: the variance is the mean of the members' own, and that of their means.
Prediction together(const std::vector<Prediction>& members) {
  std::vector<weft::Tensor> means, squares;
  for (const Prediction& one : members) {
    means.push_back(one.mean);
    squares.push_back(weft::square(one.mean) + weft::square(one.deviation));
  }
  const weft::Tensor mean = weft::stack(means).mean({0});
  return {mean, weft::sqrt(weft::stack(squares).mean({0}) - weft::square(mean))};
}

// Both ends of the interval as one curve, with a gap between them.
weft::plot::Line ends(const char* name, const weft::Tensor& x, const Prediction& p) {
  weft::plot::Line line{name, {}, {}};
  for (const double sign : {-1.0, 1.0}) {
    const std::vector<double> places = x.to_vector<double>();
    const std::vector<double> values = (p.mean + sign * kQuantile * p.deviation).to_vector<double>();
    line.x.insert(line.x.end(), places.begin(), places.end());
    line.y.insert(line.y.end(), values.begin(), values.end());
    line.x.push_back(0);
    line.y.push_back(kGap);
  }
  return line;
}

// Rows as dots: values between gaps.
weft::plot::Line dots(const char* name, const weft::Dataset& rows, std::size_t count) {
  const std::vector<double> x = rows.column(0).to_vector<double>(), y = rows.column(1).to_vector<double>();
  weft::plot::Line line{name, {}, {}};
  for (std::size_t i = 0; i < std::min(count, x.size()); ++i) {
    line.x.insert(line.x.end(), {x[i], x[i]});
    line.y.insert(line.y.end(), {y[i], kGap});
  }
  return line;
}

double coverage(const Prediction& p, const weft::Tensor& y) {
  return (weft::abs(y - p.mean) <= kQuantile * p.deviation).to(weft::DType::kF32).mean().item<double>();
}

bool learn(const Options& options) {
  const weft::Dataset rows = draw(2000), fresh = draw(40000);
  const weft::Tensor places = weft::linspace(-4, 4, 161).unsqueeze(1);
  std::vector<Prediction> on_fresh, on_places;
  for (int i = 0; i < kMembers; ++i) {
    weft::Sequential model{weft::Linear(1, 64), weft::ReLU(), weft::Linear(64, 64), weft::ReLU(), weft::Linear(64, 2)};
    const std::int64_t updates = options.length * ((rows.size() + 99) / 100);
    weft::Trainer trainer(model, weft::GaussianNLL(), weft::Adam{.lr = weft::schedule::cosine(5e-3, 0, updates)},
                          {.device = weft::default_device()});
    trainer.fit(rows, {.epochs = static_cast<int>(options.length), .batch_size = 100, .quiet = true});
    on_fresh.push_back(of_outputs(trainer.predict(fresh.column(0))));
    on_places.push_back(of_outputs(trainer.predict(places)));
  }
  const weft::Tensor y = fresh.column(1).to(weft::default_device()).column(0);
  const double one = coverage(on_fresh[0], y), all = coverage(together(on_fresh), y);
  std::printf("share of fresh rows in the 90 %% interval: one net %.1f %%, %d nets %.1f %% (bar: 87 to 93 %%)\n",
              100 * one, kMembers, 100 * all);

  const Prediction single = on_places[0], ensemble = together(on_places);
  const auto width = [&](const Prediction& p, std::int64_t from, std::int64_t to) {
    return p.deviation[{from, to}].mean().item<double>();
  };
  std::printf("mean deviation where there are data: %.2f of one net, %.2f of all; outside: %.2f and %.2f\n",
              width(single, 40, 121), width(ensemble, 40, 121), width(single, 121, 161), width(ensemble, 121, 161));
  weft::plot::lines({dots("rows", rows, 300), ends("one net", places, single), ends("five nets", places, ensemble)},
                    options.out / "error_bars.svg", {.title = "Where 90 % of the rows lie", .x = "x", .y = "y"});
  return std::abs(one - 0.9) <= 0.03 && std::abs(all - 0.9) <= 0.03;
}

}  // namespace

int main(int argc, char** argv) { return run_example(argc, argv, {.length = 30}, learn); }
