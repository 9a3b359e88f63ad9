// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>
#include <vector>

#include "weft/elementwise.h"
#include "weft/export.h"
#include "weft/tensor.h"

// The ops that are not elementwise. Axes may be negative; an empty list of axes means all of them. Each throws
// ShapeError, DTypeError or DeviceError with the op, the layer path, what was given and the rule.
namespace weft WEFT_EXPORT {

Tensor zeros(Shape shape, DType dtype = DType::kF32);
Tensor ones(Shape shape, DType dtype = DType::kF32);
Tensor full(Shape shape, Scalar value, DType dtype = DType::kF32);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor full_like(const Tensor& x, Scalar value);
Tensor arange(std::int64_t length, DType dtype = DType::kI64);  // 0, 1, ..., length - 1

Tensor reshape(const Tensor& x, Shape shape);
Tensor permute(const Tensor& x, std::vector<int> order);
Tensor broadcast_to(const Tensor& x, Shape shape);
Tensor concat(const std::vector<Tensor>& parts, int axis = 0);
Tensor stack(const std::vector<Tensor>& parts, int axis = 0);
std::vector<Tensor> split(const Tensor& x, std::int64_t size, int axis = 0);
Tensor flip(const Tensor& x, std::vector<int> axes);
// Zeros before, after and, `interior` many, between the elements of each axis.
Tensor pad(const Tensor& x, std::vector<std::int64_t> low, std::vector<std::int64_t> high,
           std::vector<std::int64_t> interior = {});

// x.shape[:axis] + index.shape + x.shape[axis+1:], as numpy.take. An index outside [0, size) is a DataError at the next
// read.
Tensor take(const Tensor& x, const Tensor& index, int axis = 0);
// x with updates added at the places that take() would read; repeated indices add up, always in the same order.
Tensor index_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis = 0);
// out[i][j] = x[index[i][j]][j] for axis 0, as torch.gather.
Tensor gather(const Tensor& x, const Tensor& index, int axis);
// x with updates added at the places that gather() would read.
Tensor scatter_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis);
Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype = DType::kF32);

Tensor sum(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor mean(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor prod(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor max(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor min(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor any(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor all(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor argmax(const Tensor& x, int axis = -1, bool keep = false);
Tensor argmin(const Tensor& x, int axis = -1, bool keep = false);
Tensor variance(const Tensor& x, std::vector<int> axes = {}, bool keep = false, int correction = 1);
Tensor logsumexp(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
Tensor cumsum(const Tensor& x, int axis = -1, bool reverse = false);

// (..., m, k) x (..., k, n) -> (..., m, n); batch axes broadcast; vectors as in NumPy. The transposed flags swap the
// last two axes of that operand without a copy.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

Tensor softmax(const Tensor& x, int axis = -1);
Tensor log_softmax(const Tensor& x, int axis = -1);

// One pass over the logits for the loss and its gradient. logits (n, c); target: class indices (n) or probabilities (n,
// c); weight (c) or undefined. `loss` (n) per row, `row_weight` (n): what a mean divides by. As
// torch.nn.CrossEntropyLoss.
struct RowLoss {
  Tensor loss, row_weight;
};
RowLoss softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& weight, double label_smoothing,
                              std::int64_t ignore_index);

// Normalises over all axes but the last; mean and biased variance are of this batch.
struct BatchNormResult {
  Tensor y, mean, variance;
};
BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps = 1e-5);
Tensor batch_norm_inference(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                            const Tensor& variance, double eps = 1e-5);

// Values and their positions (i64). Stable; NaN sorts last.
std::pair<Tensor, Tensor> sort(const Tensor& x, int axis = -1, bool descending = false);
std::pair<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, int axis = -1, bool largest = true);
// Sorted distinct values of a flattened tensor, the place of each element in them, and how often each occurs. The
// result's shape depends on the data: TraceError while tracing.
struct Unique {
  Tensor values, inverse, counts;
};
Unique unique(const Tensor& x);

// The same value, through which no gradient flows.
Tensor stop_gradient(const Tensor& x);

}  // namespace weft
