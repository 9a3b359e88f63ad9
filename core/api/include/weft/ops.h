// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/elementwise.h"
#include "weft/tensor.h"

// The ops that are not elementwise. Axes may be negative; an empty list of axes means all of them. Each throws
// ShapeError, DTypeError or DeviceError with the op, the layer path, what was given and the rule.
namespace weft WEFT_EXPORT {

// Constants of a shape and dtype, or of those of another tensor.
[[nodiscard]] Tensor zeros(Shape shape, DType dtype = DType::kF32);
[[nodiscard]] Tensor ones(Shape shape, DType dtype = DType::kF32);
[[nodiscard]] Tensor full(Shape shape, Scalar value, DType dtype = DType::kF32);
[[nodiscard]] Tensor zeros_like(const Tensor& x);
[[nodiscard]] Tensor ones_like(const Tensor& x);
[[nodiscard]] Tensor full_like(const Tensor& x, Scalar value);
[[nodiscard]] Tensor arange(std::int64_t length, DType dtype = DType::kI64);  // 0, 1, ..., length - 1

// Elements of x in row-major order under another shape; one size may be -1.
[[nodiscard]] Tensor reshape(const Tensor& x, Shape shape);
// Axes in another order: out.shape[i] = x.shape[order[i]].
[[nodiscard]] Tensor permute(const Tensor& x, std::vector<int> order);
// Axes of size 1, and missing ones in front, repeated up to `shape`.
[[nodiscard]] Tensor broadcast_to(const Tensor& x, Shape shape);
// Tensors one after the other along an axis; all other sizes are equal. Any dtype, the same for all.
[[nodiscard]] Tensor concat(const std::vector<Tensor>& parts, int axis = 0);
// Tensors of one shape along a new axis.
[[nodiscard]] Tensor stack(const std::vector<Tensor>& parts, int axis = 0);
// Pieces of `size` along an axis; the last one may be smaller. ValueError unless size is positive.
[[nodiscard]] std::vector<Tensor> split(const Tensor& x, std::int64_t size, int axis = 0);
// Elements in reverse order along the given axes.
[[nodiscard]] Tensor flip(const Tensor& x, std::vector<int> axes);
// Zeros before, after and, `interior` many, between the elements of each axis.
[[nodiscard]] Tensor pad(const Tensor& x, std::vector<std::int64_t> low, std::vector<std::int64_t> high,
                         std::vector<std::int64_t> interior = {});

// Slices of x at the indices, as numpy.take. The shape is x.shape[:axis] + index.shape + x.shape[axis+1:]. An index
// outside [0, size) is a DataError at the next read.
[[nodiscard]] Tensor take(const Tensor& x, const Tensor& index, int axis = 0);
// x with updates added at the places that take() would read; repeated indices add up, always in the same order.
[[nodiscard]] Tensor index_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis = 0);
// out[i][j] = x[index[i][j]][j] for axis 0, as torch.gather.
[[nodiscard]] Tensor gather(const Tensor& x, const Tensor& index, int axis);
// x with updates added at the places that gather() would read.
[[nodiscard]] Tensor scatter_add(const Tensor& x, const Tensor& index, const Tensor& updates, int axis);
// (...) -> (..., classes): 1 at the index, 0 elsewhere. Integers; an index outside [0, classes) is a DataError at the
// next read.
[[nodiscard]] Tensor one_hot(const Tensor& index, std::int64_t classes, DType dtype = DType::kF32);

// Reductions over axes; `keep` leaves them with size 1. Sums of 16-bit types are added in f32 and rounded once; sums
// and products of integers and bools are i64 and wrap around. Of no elements the sum is 0, the product 1, the mean NaN;
// the maximum and minimum are ShapeErrors.
[[nodiscard]] Tensor sum(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
[[nodiscard]] Tensor mean(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
[[nodiscard]] Tensor prod(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
[[nodiscard]] Tensor max(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
[[nodiscard]] Tensor min(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
// Logical or, logical and; anything but 0 is true. The result is bool: false and true of no elements.
[[nodiscard]] Tensor any(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
[[nodiscard]] Tensor all(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
// Position of the first largest or smallest element along an axis, as i64; NaN is both.
[[nodiscard]] Tensor argmax(const Tensor& x, int axis = -1, bool keep = false);
[[nodiscard]] Tensor argmin(const Tensor& x, int axis = -1, bool keep = false);
// sum((x - mean)^2) / (count - correction)
[[nodiscard]] Tensor variance(const Tensor& x, std::vector<int> axes = {}, bool keep = false, int correction = 1);
// log(sum(e^x)) without overflow.
[[nodiscard]] Tensor logsumexp(const Tensor& x, std::vector<int> axes = {}, bool keep = false);
// Sum of an element and all before it along an axis, or with `reverse` of all after it. Integers and bools give i64.
[[nodiscard]] Tensor cumsum(const Tensor& x, int axis = -1, bool reverse = false);

// (..., m, k) x (..., k, n) -> (..., m, n); batch axes broadcast; vectors as in NumPy. transpose_a and transpose_b swap
// the last two axes of their operand without a copy. Sums over more than 4096 products are cut into pieces, which are
// joined in f64; on CUDA the matrix library cuts them its own way.
[[nodiscard]] Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

// e^x / sum(e^x) along an axis, and its logarithm; without overflow. Floating dtypes.
[[nodiscard]] Tensor softmax(const Tensor& x, int axis = -1);
[[nodiscard]] Tensor log_softmax(const Tensor& x, int axis = -1);

// Loss of each row, and the weights whose sum a mean divides by.
struct RowLoss {
  Tensor loss, row_weight;  // f32 (n) each
};
// Cross-entropy by row, as torch.nn.CrossEntropyLoss. logits (n, c); target: class indices (n) or probabilities (n, c);
// weight (c) or undefined. One pass over the logits gives the loss and its gradient. A label outside [0, c) that is not
// `ignore_index` is a DataError at the next read.
[[nodiscard]] RowLoss softmax_cross_entropy(const Tensor& logits, const Tensor& target, const Tensor& weight,
                                            double label_smoothing, std::int64_t ignore_index);

// Normalized values, and mean and biased variance of this batch over all axes but the last.
struct BatchNormResult {
  Tensor y, mean, variance;  // x's shape, (features), (features)
};
// (x - mean) / sqrt(variance + eps) * weight + bias; weight and bias (features). batch_norm() takes the statistics of
// this batch, batch_norm_inference() given ones.
[[nodiscard]] BatchNormResult batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps = 1e-5);
[[nodiscard]] Tensor batch_norm_inference(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& mean,
                                          const Tensor& variance, double eps = 1e-5);

// Values and their positions (i64). Stable; NaN sorts last.
[[nodiscard]] std::pair<Tensor, Tensor> sort(const Tensor& x, int axis = -1, bool descending = false);
[[nodiscard]] std::pair<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, int axis = -1, bool largest = true);
// Sorted distinct values of a flattened tensor, the place of each element in them, and how often each occurs.
struct Unique {
  Tensor values, inverse, counts;  // (m), i64 (numel), i64 (m)
};
// The distinct values of x. TraceError while tracing, because the shape of the result depends on the data.
[[nodiscard]] Unique unique(const Tensor& x);

// x, through which no gradient flows.
[[nodiscard]] Tensor stop_gradient(const Tensor& x);

}  // namespace weft
