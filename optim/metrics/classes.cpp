// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "optim/metrics/rows.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/metrics.h"
#include "weft/ops.h"

namespace weft::metrics {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor as_numbers(const Tensor& x) { return x.to(DType::kF64); }

// A weighted mean over rows that are decisions.
Metric mean_of_decisions(const char* name, std::function<Tensor(const Decisions&)> value,
                         std::function<double(double)> of_mean = {}) {
  return {name,
          [name, value = std::move(value)](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Decisions rows = decisions(output, target, name);
            const Tensor w = as_numbers(weight_of(rows, weight, name));
            return std::vector<Tensor>{where(equal(w, 0), 0, as_numbers(value(rows)) * w).sum(), w.sum()};
          },
          [of_mean = std::move(of_mean)](const std::vector<Tensor>& all) {
            const double mean = all[0].item<double>() / all[1].item<double>();
            return of_mean ? of_mean(mean) : mean;
          }};
}

// -log of the probability of the target's class; rows without one have any value.
Tensor cross_entropy_of(const Decisions& rows) {
  const std::int64_t n = rows.target.dim(0);
  const Tensor target = where(rows.counts, rows.target, zeros_like(rows.target));
  if (rows.binary()) {
    const Tensor x = rows.logits.reshape({n});
    return softplus(where(equal(target, 1), -x, x));
  }
  return -gather(log_softmax(rows.logits, 1), target.unsqueeze(1), 1).squeeze(1);
}

Tensor confusion_of(const Decisions& rows, const Tensor& weight) {
  const Tensor target = where(rows.counts, rows.target, zeros_like(rows.target));
  return sums_by(target, rows.classes, one_hot(rows.predicted, rows.classes, DType::kF64) * weight.unsqueeze(1));
}

// From a confusion matrix: rows that are of class c, that are predicted of it, and both.
struct ClassCounts {
  double real = 0, predicted = 0, right = 0;
};
using Figure = double (*)(const ClassCounts&);

double share(double part, double all) { return all == 0 ? 0 : part / all; }
double precision_of(const ClassCounts& c) { return share(c.right, c.predicted); }
double recall_of(const ClassCounts& c) { return share(c.right, c.real); }
double f1_of(const ClassCounts& c) { return share(2 * c.right, c.real + c.predicted); }

double figure_of(const Tensor& confusion, bool binary, Average average, Figure figure) {
  const auto c = static_cast<std::size_t>(confusion.dim(0));
  const std::vector<double> counts = confusion.to_vector<double>();
  std::vector<ClassCounts> classes(c);
  ClassCounts all;
  for (std::size_t t = 0; t < c; ++t)
    for (std::size_t p = 0; p < c; ++p) {
      const double n = counts[t * c + p];
      classes[t].real += n;
      classes[p].predicted += n;
      if (t == p) classes[t].right += n;
    }
  for (const ClassCounts& one : classes) {
    all.real += one.real;
    all.predicted += one.predicted;
    all.right += one.right;
  }
  if (all.real == 0) return kNaN;
  switch (average) {
    case Average::kMicro:
      return figure(all);
    case Average::kMacro:
      break;
  }
  if (binary) return figure(classes[1]);
  double sum = 0;
  for (const ClassCounts& one : classes) sum += figure(one);
  return sum / static_cast<double>(c);
}

Metric by_confusion(const char* name, Average average, Figure figure) {
  return {name,
          [name](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Decisions rows = decisions(output, target, name);
            // The second part is the number of batches of one logit per row, which are of two classes.
            return std::vector<Tensor>{confusion_of(rows, as_numbers(weight_of(rows, weight, name))),
                                       full({}, rows.binary() ? 1.0 : 0.0, DType::kF64)};
          },
          [average, figure](const std::vector<Tensor>& all) {
            return figure_of(all[0], all[1].item<double>() > 0, average, figure);
          }};
}

}  // namespace

Metric accuracy() {
  return mean_of_decisions("accuracy", [](const Decisions& rows) { return equal(rows.predicted, rows.target); });
}

Metric top_k_accuracy(std::int64_t k) {
  if (k < 1) fail<ValueError>("top_k_accuracy", "k is ", k, "; it must be positive");
  return mean_of_decisions("top_k_accuracy", [k](const Decisions& rows) {
    if (rows.binary()) return k == 1 ? equal(rows.predicted, rows.target) : rows.counts;
    const Tensor best = topk(rows.logits, std::min(k, rows.classes), 1).second;
    return any(equal(best, rows.target.unsqueeze(1)), {1});
  });
}

Metric precision(Average average) { return by_confusion("precision", average, precision_of); }
Metric recall(Average average) { return by_confusion("recall", average, recall_of); }
Metric f1(Average average) { return by_confusion("f1", average, f1_of); }

Metric log_loss() { return mean_of_decisions("log_loss", cross_entropy_of); }
Metric perplexity() {
  return mean_of_decisions("perplexity", cross_entropy_of, [](double mean) { return std::exp(mean); });
}

Metric calibration_error(std::int64_t bins) {
  if (bins < 1) fail<ValueError>("calibration_error", "bins are ", bins, "; there must be at least one");
  return {"calibration_error",
          [bins](const Tensor& output, const Tensor& target, const Tensor& weight) {
            const Decisions rows = decisions(output, target, "calibration_error");
            const Tensor w = as_numbers(weight_of(rows, weight, "calibration_error"));
            const Tensor confidence =
                rows.binary() ? sigmoid(abs(rows.logits.flatten())) : softmax(rows.logits, 1).max({1});
            const Tensor bin = clamp((confidence * static_cast<double>(bins)).to(DType::kI64), 0, bins - 1);
            const Tensor right = as_numbers(equal(rows.predicted, rows.target));
            // A NaN of a row lies in some bin, and makes the result NaN.
            return std::vector<Tensor>{sums_by(bin, bins, stack({as_numbers(confidence) * w, right * w}, 1)), w.sum()};
          },
          [](const std::vector<Tensor>& all) {
            const std::vector<double> sums = all[0].to_vector<double>();
            double error = 0;
            for (std::size_t i = 0; i < sums.size(); i += 2) error += std::fabs(sums[i] - sums[i + 1]);
            return error / all[1].item<double>();
          }};
}

Tensor confusion_matrix(const Tensor& output, const Tensor& target, const Tensor& weight) {
  const Decisions rows = decisions(output, target, "confusion_matrix");
  const DeviceScope on(output.device());
  return confusion_of(rows, as_numbers(weight_of(rows, weight, "confusion_matrix")));
}

}  // namespace weft::metrics
