// SPDX-License-Identifier: Apache-2.0
// A table with texts and gaps: logistic regression and a net, judged by cross-validation, and what the regression says
// in the units of the table. The table is made up: heart_table.cpp.
// usage: heart [epochs] [device] [--seed N] [--data heart.csv] [--out FOLDER]
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "options.h"
#include "weft/weft.h"

namespace {

namespace data = weft::data;

data::Pipeline transforms() { return {data::Impute(), data::OneHot(), data::Standardize()}; }

weft::Sequential regression(std::int64_t width) { return weft::Sequential{weft::Linear(width, 1)}; }

weft::Sequential net(std::int64_t width) {
  return weft::Sequential{weft::Dropout(0.1), weft::Linear(width, 32), weft::ReLU(), weft::Dropout(0.5),
                          weft::Linear(32, 1)};
}

weft::Trainer trained(const Options& options, weft::Sequential& model, const weft::Dataset& rows) {
  weft::Trainer trainer(model, weft::BCEWithLogits(), weft::AdamW{.lr = 1e-2, .weight_decay = 0.1},
                        {.device = weft::default_device(), .seed = options.seed});
  trainer.fit(rows, {.epochs = static_cast<int>(options.length), .batch_size = 32, .quiet = true});
  return trainer;
}

// The figures of the folds, and the logits of all rows, each by the model that has not seen it.
struct Judged {
  std::vector<double> auc, accuracy;
  std::vector<std::pair<double, bool>> rows;  // logit, ill
};

struct Spread {
  double mean = 0, deviation = 0;
};
Spread spread(const std::vector<double>& values) {
  Spread s;
  for (const double v : values) s.mean += v / static_cast<double>(values.size());
  for (const double v : values) s.deviation += (v - s.mean) * (v - s.mean) / static_cast<double>(values.size() - 1);
  s.deviation = std::sqrt(s.deviation);
  return s;
}

template <class Make>
Judged cross_validate(const Options& options, const data::Table& table, Make make) {
  Judged judged;
  for (const auto& [train, held_out] : table.folds(5, {.seed = options.seed, .stratify = table.target()})) {
    data::Pipeline inputs = transforms();
    const weft::Dataset rows = inputs.fit(train), unseen = inputs.apply(held_out);
    weft::Sequential model = make(inputs.width());
    weft::Trainer trainer = trained(options, model, rows);
    const weft::Metrics metrics = trainer.evaluate(unseen, 256, {weft::metrics::auc(), weft::metrics::accuracy()});
    judged.auc.push_back(metrics.others[0].second);
    judged.accuracy.push_back(metrics.others[1].second);
    const std::vector<double> logits = trainer.predict(unseen.column(0)).to_vector<double>();
    const std::vector<double> ill = unseen.column(1).to_vector<double>();
    for (std::size_t i = 0; i < logits.size(); ++i) judged.rows.emplace_back(logits[i], ill[i] > 0.5);
  }
  return judged;
}

// True-positive over false-positive rate as the threshold falls.
weft::plot::Line roc(std::string name, std::vector<std::pair<double, bool>> rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  const auto ill = static_cast<double>(std::count_if(rows.begin(), rows.end(), [](const auto& r) { return r.second; }));
  weft::plot::Line line{std::move(name), {0}, {0}};
  double caught = 0, wrong = 0;
  for (const auto& [logit, is_ill] : rows) {
    (is_ill ? caught : wrong) += 1;
    line.x.push_back(wrong / (static_cast<double>(rows.size()) - ill));
    line.y.push_back(caught / ill);
  }
  return line;
}

// The table with one more unit in a column of numbers.
data::Table one_more(const data::Table& table, const std::string& name) {
  std::vector<data::Column> columns;
  for (const std::string& other : table.names()) {
    columns.push_back(table.column(other));
    if (other == name)
      for (double& cell : columns.back().numbers) cell += 1;
  }
  return data::Table(std::move(columns), table.target());
}

// Logistic regression on all rows, read in the units of the table: what one unit more, or a category, adds to the
// logarithm of the odds. Scaling is inverted by sending a unit through the transforms.
void print_coefficients(const Options& options, const data::Table& table) {
  data::Pipeline inputs = transforms();
  const weft::Dataset rows = inputs.fit(table);
  weft::Sequential model = regression(inputs.width());
  trained(options, model, rows);
  const std::vector<double> weights = model.get<weft::Linear>(0).weight.value().to_vector<double>();
  const data::Table row = table.drop_missing().subset({0});
  std::printf("\nwhat it adds to the logarithm of the odds\n");
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::string& name = inputs.names()[i];
    double unit = 1;  // of a category
    if (table.contains(name))
      unit = (inputs.apply(one_more(row, name)).column(0) - inputs.apply(row).column(0))
                 .column(static_cast<std::int64_t>(i))
                 .item<double>();
    std::printf("  %-24s %+.4f\n", (table.contains(name) ? "one more of " + name : name).c_str(), weights[i] * unit);
  }
}

bool learn(const Options& options) {
  const data::Table table = data::read_table(options.data, {.target = "AHD"});
  std::printf("%s\n", table.describe().c_str());
  const Judged by_regression = cross_validate(options, table, regression);
  const Judged by_net = cross_validate(options, table, net);

  const std::vector<std::int32_t>& codes = table.column("AHD").codes;
  const double ill = static_cast<double>(std::count(codes.begin(), codes.end(), 1)) / static_cast<double>(codes.size());
  const double majority = std::max(ill, 1 - ill);
  std::printf("%-20s  AUC              accuracy\n%-20s  0.500            %.3f\n", "5 folds", "majority class",
              majority);
  for (const auto& [name, judged] : {std::pair{"logistic regression", &by_regression}, std::pair{"net", &by_net}}) {
    const Spread auc = spread(judged->auc), accuracy = spread(judged->accuracy);
    std::printf("%-20s  %.3f +- %.3f  %.3f +- %.3f\n", name, auc.mean, auc.deviation, accuracy.mean,
                accuracy.deviation);
  }
  print_coefficients(options, table);
  weft::plot::lines(
      {roc("logistic regression", by_regression.rows), roc("net", by_net.rows), {"majority class", {0, 1}, {0, 1}}},
      options.out / "heart.svg",
      {.title = "Each fold by the model that has not seen it", .x = "false positives", .y = "true positives"});
  const auto is_better = [&](const Judged& judged) {
    const Spread auc = spread(judged.auc);
    return auc.mean - auc.deviation > 0.5 && spread(judged.accuracy).mean > majority;
  };
  return is_better(by_regression) && is_better(by_net);
}

}  // namespace

int main(int argc, char** argv) {
  return run_example(argc, argv, {.length = 60, .data = "examples/heart/heart.csv"}, learn);
}
