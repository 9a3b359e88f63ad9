// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/tensor.h"

// Outputs and targets as rows, for all metrics.
namespace weft::metrics {

// Decisions between classes, a row each.
struct Decisions {
  Tensor logits;     // f32 (n, c), or (n, 1): the logit of class 1
  Tensor target;     // i64 (n)
  Tensor predicted;  // i64 (n)
  Tensor counts;     // bool (n): the target is a class
  std::int64_t classes;

  bool binary() const { return logits.dim(1) == 1; }
};

// ShapeError for outputs and targets that do not fit, named by the metric.
Decisions decisions(const Tensor& output, const Tensor& target, const char* metric);

// The weight of each row of a batch, f32 (n): `weight`, or 1, and 0 where the target is no class.
Tensor weight_of(const Decisions& rows, const Tensor& weight, const char* metric);

// (n, columns) in f64; ShapeError unless both have one shape.
struct Numbers {
  Tensor output, target;  // f64 (n, columns)
};
Numbers numbers(const Tensor& output, const Tensor& target, const char* metric);
// `weight` or 1, f64 (n).
Tensor weight_of(const Numbers& rows, const Tensor& weight, const char* metric);

// Sums over rows, f64: one_hot(of)^T values. `of`: i64 (n) in [0, size); values: (n, columns).
Tensor sums_by(const Tensor& of, std::int64_t size, const Tensor& values);

}  // namespace weft::metrics
