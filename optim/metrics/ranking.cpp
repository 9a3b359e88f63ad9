// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "optim/metrics/rows.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/metrics.h"
#include "weft/ops.h"

namespace weft::metrics {
namespace {

// Rows of one logit, with equal logits together: weights of both classes, from the largest logit to the smallest.
struct Ranked {
  std::vector<double> positive, negative;
  double positives = 0, negatives = 0;
  bool valid = true;  // false: a logit of a row that counts is NaN
};

Ranked ranked(const std::vector<Tensor>& columns) {
  const std::vector<double> logit = columns[0].to_vector<double>(), weight = columns[2].to_vector<double>();
  const std::vector<double> target = columns[1].to_vector<double>();
  std::vector<std::size_t> order;
  Ranked out;
  for (std::size_t i = 0; i < logit.size(); ++i) {
    if (weight[i] == 0) continue;
    order.push_back(i);
    if (std::isnan(logit[i])) out.valid = false;
  }
  if (!out.valid) return out;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return logit[a] > logit[b]; });
  double last = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t i : order) {
    if (!(logit[i] == last)) {
      out.positive.push_back(0);
      out.negative.push_back(0);
      last = logit[i];
    }
    (target[i] == 1 ? out.positive : out.negative).back() += weight[i];
  }
  out.positives = std::accumulate(out.positive.begin(), out.positive.end(), 0.0);
  out.negatives = std::accumulate(out.negative.begin(), out.negative.end(), 0.0);
  return out;
}

double area_of(const Ranked& rows) {
  double pairs = 0, above = 0;  // weight of the positives with larger logits
  for (std::size_t i = 0; i < rows.positive.size(); ++i) {
    pairs += rows.negative[i] * (above + rows.positive[i] / 2);
    above += rows.positive[i];
  }
  return pairs / (rows.positives * rows.negatives);
}

double average_precision_of(const Ranked& rows) {
  double area = 0, right = 0, all = 0;
  for (std::size_t i = 0; i < rows.positive.size(); ++i) {
    right += rows.positive[i];
    all += rows.positive[i] + rows.negative[i];
    area += rows.positive[i] * right / all;
  }
  return area / rows.positives;
}

Metric by_rank(const char* name, double (*figure)(const Ranked&)) {
  return {name,
          [name](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Decisions rows = decisions(output, target, name);
            const std::int64_t n = rows.target.dim(0);
            if (rows.classes != 2)
              fail<ShapeError>(name, "output is ", output.shape(), "; the metric is of two classes");
            const Tensor logit =
                rows.binary() ? rows.logits.reshape({n}) : rows.logits.column(1) - rows.logits.column(0);
            return std::vector<Tensor>{logit, rows.target, weight_of(rows, weight, name)};
          },
          [figure](const std::vector<Tensor>& columns) {
            const Ranked rows = ranked(columns);
            return rows.valid ? figure(rows) : std::numeric_limits<double>::quiet_NaN();
          },
          true};
}

}  // namespace

Metric auc() { return by_rank("auc", area_of); }
Metric average_precision() { return by_rank("average_precision", average_precision_of); }

}  // namespace weft::metrics
