// SPDX-License-Identifier: Apache-2.0
#include "optim/metrics/rows.h"

#include <vector>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::metrics {
namespace {

Tensor checked_weight(const Tensor& weight, std::int64_t rows, const char* metric) {
  if (weight.numel() != rows)
    fail<ShapeError>(metric, "weight is ", weight.shape(), ", the batch has ", rows, " rows; each has one weight");
  return weight.reshape({rows});
}

}  // namespace

Decisions decisions(const Tensor& output, const Tensor& target, const char* metric) {
  Decisions out;
  const std::int64_t n = target.numel();
  const Shape& shape = output.shape();
  const bool one_logit = output.numel() == n && (shape.rank() == 1 || (shape.rank() > 1 && shape[-1] == 1));
  const bool by_class = shape.rank() == target.rank() + 1 && !is_floating(target.dtype()) &&
                        Shape(std::vector<std::int64_t>(shape.begin(), shape.end() - 1)) == target.shape();
  if (!by_class && !one_logit)
    fail<ShapeError>(metric, "output is ", TensorSpec{shape, output.dtype()}, ", target is ",
                     TensorSpec{target.shape(), target.dtype()},
                     "; logits (n, c) want class indices (n), one logit per row wants as many targets 0 and 1");
  const std::int64_t columns = by_class ? shape[-1] : 1;
  out.logits = output.reshape({n, columns}).to(DType::kF32);
  out.classes = columns == 1 ? 2 : columns;
  out.target = target.reshape({n}).to(DType::kI64);
  out.predicted = columns == 1 ? (out.logits.reshape({n}) > 0).to(DType::kI64) : argmax(out.logits, 1);
  out.counts = logical_and(out.target >= 0, out.target < out.classes);
  return out;
}

Tensor weight_of(const Decisions& rows, const Tensor& weight, const char* metric) {
  const std::int64_t n = rows.target.dim(0);
  const Tensor given = weight.defined() ? checked_weight(weight, n, metric).to(DType::kF32) : ones({n});
  return where(rows.counts, given, zeros({n}));
}

Numbers numbers(const Tensor& output, const Tensor& target, const char* metric) {
  if (output.shape() != target.shape() || output.rank() < 1)
    fail<ShapeError>(metric, "output is ", output.shape(), ", target is ", target.shape(),
                     "; both must be of one shape with an axis of rows");
  const std::int64_t n = output.dim(0), columns = n == 0 ? 1 : output.numel() / n;
  const auto rows = [&](const Tensor& x) { return x.reshape({n, columns}).to(DType::kF64); };
  return {rows(output), rows(target)};
}

Tensor weight_of(const Numbers& rows, const Tensor& weight, const char* metric) {
  const std::int64_t n = rows.output.dim(0);
  return weight.defined() ? checked_weight(weight, n, metric).to(DType::kF64) : ones({n}, DType::kF64);
}

Tensor sums_by(const Tensor& of, std::int64_t size, const Tensor& values) {
  return matmul(one_hot(of, size, DType::kF64), values.to(DType::kF64), true);
}

}  // namespace weft::metrics
