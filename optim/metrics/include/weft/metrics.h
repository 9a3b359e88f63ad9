// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Metrics: numbers that say how good the outputs of a net are, over all batches of a pass. One's own:
//
//   weft::metrics::Metric worst = weft::metrics::mean("off by more than 1", [](weft::Tensor y, weft::Tensor t) {
//     return (weft::abs(y - t) > 1).to(weft::DType::kF32);
//   });
namespace weft WEFT_EXPORT {
namespace metrics {

// A metric as two functions. `batch` gives the parts that one batch adds, on its device: sums, which are added over
// batches in f64, or with `keeps_rows` columns with a row per row of the batch, which are put one after the other.
// `result` is the metric of that. `weight` has one number per row, 0 for a row that does not count; undefined: all 1,
// but 0 for class labels outside of [0, classes).
struct Metric {
  std::string name;  // in reports and errors
  // The parts that one batch adds.
  std::function<std::vector<Tensor>(const Tensor& output, const Tensor& target, const Tensor& weight)> batch;
  // The metric of all batches.
  std::function<double(const std::vector<Tensor>& all)> result;
  bool keeps_rows = false;  // false: sums
};

// The weighted mean over rows of f(output, target). f gives a value per row or per element; a row counts the mean of
// its elements.
Metric mean(std::string name, std::function<Tensor(Tensor output, Tensor target)> f);

// A metric over batches. NaN before the first row.
class Running {
 public:
  // No batches yet. ValueError for a metric without its functions.
  explicit Running(Metric metric);
  // Adds a batch. `weight` as in Metric.
  void add(const Tensor& output, const Tensor& target, const Tensor& weight = {});
  // Adds what `batch` of the metric gave for a batch.
  void add(const std::vector<Tensor>& parts);
  // The metric of all batches so far. Waits for the device.
  double result() const;
  // Forgets all batches.
  void reset();
  // The metric.
  const Metric& metric() const { return metric_; }

 private:
  Metric metric_;
  std::vector<std::vector<Tensor>> parts_;  // totals, or the columns of each batch
};

// Metrics of classes. Outputs are logits: (n, ..., c) with class indices (n, ...), or for two classes the logit of the
// second one, (n) or (n, 1), with targets 0 and 1 in as many elements. ShapeError for others.

// The share of rows whose largest logit is the target's.
Metric accuracy();
// The share of rows whose target is among the k largest logits. ValueError unless k > 0.
Metric top_k_accuracy(std::int64_t k);

// Means over classes. kMacro: of the classes' figures; kMicro: the figure of all decisions together, which is then the
// accuracy. Of two classes by one logit, precision, recall and F1 are those of class 1 unless kMicro is asked for.
enum class Average : std::uint8_t { kMacro, kMicro };
// Right ones among those predicted of a class; a class that nothing is predicted of has 0. As scikit-learn.
Metric precision(Average average = Average::kMacro);
// Right ones among those that are of a class; a class without rows has 0.
Metric recall(Average average = Average::kMacro);
// 2 precision recall / (precision + recall), 0 if both are.
Metric f1(Average average = Average::kMacro);

// Area under the curve of the true-positive over the false-positive rate, of two classes: the probability that a row of
// class 1 has a larger logit than one of class 0, ties half. NaN without rows of both classes. Exact: keeps all logits.
Metric auc();
// Area under the curve of precision over recall, as steps: average precision. NaN without rows of class 1.
Metric average_precision();
// Mean cross-entropy, and e to its power.
Metric log_loss();
Metric perplexity();
// Mean over rows of |confidence - accuracy| by bins of the confidence, the probability of the predicted class. Source:
// Guo et al. 2017. ValueError unless bins > 0.
Metric calibration_error(std::int64_t bins = 15);

// Rows of each pair of classes: [target][predicted], f64 (c, c), weighted. Outputs and targets as for accuracy().
[[nodiscard]] Tensor confusion_matrix(const Tensor& output, const Tensor& target, const Tensor& weight = {});

// Metrics of numbers; output and target have one shape. Rows count the mean of their elements.

// Mean |output - target|.
Metric mae();
// Root of the mean (output - target)^2.
Metric rmse();
// 1 - sum (output - target)^2 / sum (target - mean)^2, the mean over the columns; a column of one value has 1 if all
// outputs are right, else 0, as in scikit-learn.
Metric r2();
// Mean |output - target| / |target|; a target of 0 counts as 2^-52.
Metric mape();

}  // namespace metrics
}  // namespace weft
