// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/scalar/annotate.h"
#include "kernels/common/axis_split.h"
#include "kernels/rows/cross_entropy_operands.h"

// The arithmetic of the reference kernels of either device: one line or one row after the other, in f64.
namespace weft::kernels {

// The largest of n elements, `stride` apart; NaN is skipped, and no element gives minus infinity.
template <class T>
WEFT_HD inline double largest(const T* x, std::int64_t n, std::int64_t stride) {
  double most = -std::numeric_limits<double>::infinity();
  for (std::int64_t j = 0; j < n; ++j) {
    const double next = widened<double>(x[j * stride]);
    if (next > most) most = next;
  }
  return most;
}

// sum_j exp(x_j - max)
template <class T>
WEFT_HD inline double sum_of_exps(const T* x, std::int64_t n, std::int64_t stride, double max) {
  double sum = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += std::exp(widened<double>(x[j * stride]) - max);
  return sum;
}

// softmax or log_softmax of one line along the axis: y = exp(x - max) / sum, or x - max - log(sum).
template <bool log, class T>
WEFT_HD inline void softmax_line(const AxisSplit& axis, const T* x, T* y, std::int64_t line) {
  const std::int64_t first = line / axis.inner * axis.size * axis.inner + line % axis.inner;
  const double max = largest(x + first, axis.size, axis.inner);
  const double sum = sum_of_exps(x + first, axis.size, axis.inner, max);
  for (std::int64_t j = 0; j < axis.size; ++j) {
    const std::int64_t at = first + j * axis.inner;
    const double below = widened<double>(x[at]) - max;
    y[at] = narrowed<T>(log ? below - std::log(sum) : std::exp(below) / sum);
  }
}

// The target of one row: a label, or the probability of every class.
template <class T>
struct ReferenceTarget {
  const T *probabilities, *weight;  // null: there are none
  std::int64_t label;
  double smoothing, classes;
  bool counts, bad;  // bad: the label is neither a class nor ignored

  WEFT_HD double weight_of(std::int64_t j) const { return weight ? widened<double>(weight[j]) : 1; }
  // q_j: the smoothed share of class j times its weight.
  WEFT_HD double mass(std::int64_t j) const {
    const double share = probabilities ? widened<double>(probabilities[j]) : j == label ? 1 : 0;
    return weight_of(j) * (share * (1 - smoothing) + smoothing / classes);
  }
};

template <class T>
WEFT_HD inline ReferenceTarget<T> target_of(const CrossEntropy& e, const CrossEntropyOperands<T>& o, std::int64_t row) {
  ReferenceTarget<T> target{nullptr, o.weight, -1, e.smoothing, static_cast<double>(e.classes), true, false};
  if (e.probabilities) {
    target.probabilities = static_cast<const T*>(o.target) + row * e.classes;
  } else {
    target.label = e.long_labels ? static_cast<const std::int64_t*>(o.target)[row]
                                 : static_cast<const std::int32_t*>(o.target)[row];
    const bool inside = target.label >= 0 && target.label < e.classes;
    target.counts = inside && target.label != e.ignore_index;
    target.bad = !inside && target.label != e.ignore_index;
  }
  return target;
}

// One row, with q the masses and Q their sum:
//   loss = sum_j q_j (log sum - (x_j - max)),  dx_j = scale (Q exp(x_j - max) / sum - q_j).
// A row that does not count gives zeros.
template <class T>
WEFT_HD inline void cross_entropy_row(const CrossEntropy& e, const CrossEntropyOperands<T>& o,
                                      const ReferenceTarget<T>& target, std::int64_t row) {
  const T* x = o.logits + row * e.classes;
  const double max = largest(x, e.classes, 1), sum = sum_of_exps(x, e.classes, 1, max);
  const double scale = o.scale ? static_cast<double>(o.scale[e.scale_per_row ? row : 0]) : 1;
  double loss = 0, total = 0;
  for (std::int64_t j = 0; target.counts && j < e.classes; ++j) {
    const double q = target.mass(j);
    total += q;
    // A class that the label gives no mass adds nothing, not even where its logit is minus infinity.
    if (e.probabilities || q != 0) loss += q * (std::log(sum) - (widened<double>(x[j]) - max));
  }
  if (o.loss) o.loss[row] = narrowed<Compute<T>>(loss);
  if (o.row_weight) {
    const double weight = !target.counts ? 0 : e.probabilities ? 1 : target.weight_of(target.label);
    o.row_weight[row] = narrowed<Compute<T>>(weight);
  }
  if (!o.gradient) return;
  for (std::int64_t j = 0; j < e.classes; ++j) {
    const double slope = target.counts ? std::exp(widened<double>(x[j]) - max) / sum * total - target.mass(j) : 0;
    o.gradient[row * e.classes + j] = narrowed<T>(slope * scale);
  }
}

}  // namespace weft::kernels
