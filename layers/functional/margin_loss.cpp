// SPDX-License-Identifier: Apache-2.0
#include "weft/margin_loss.h"

#include <cstdint>
#include <vector>

#include "core/base/check.h"
#include "layers/functional/reduce_loss.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/statistics.h"

namespace weft {
namespace {

using detail::in_dtype_of;
using detail::reduce_loss;
using detail::wide;

// Shape of the rows, for targets and results.
Shape rows_of(const Tensor& x, const char* op) {
  if (x.rank() < 1) fail<ShapeError>(op, "input is ", x.shape(), "; it needs an axis of features");
  return Shape(std::vector<std::int64_t>(x.shape().begin(), x.shape().end() - 1));
}

void check_rows(const Tensor& x, const Tensor& target, const char* op) {
  if (target.shape() != rows_of(x, op))
    fail<ShapeError>(op, "inputs are ", x.shape(), ", target is ", target.shape(), "; it must be ", rows_of(x, op));
}

Tensor hinge_of(const Tensor& prediction, const Tensor& target, const char* op) {
  detail::check_same_shape(prediction, target, op);
  return relu(1 - wide(target) * wide(prediction));
}

}  // namespace

Tensor hinge_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options) {
  return reduce_loss(hinge_of(prediction, target, "hinge_loss"), options.reduction, options.weight, prediction,
                     "hinge_loss");
}

Tensor squared_hinge_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options) {
  return reduce_loss(square(hinge_of(prediction, target, "squared_hinge_loss")), options.reduction, options.weight,
                     prediction, "squared_hinge_loss");
}

Tensor multi_margin_loss(const Tensor& scores, const Tensor& target, const MultiMarginOptions& options) {
  const char* op = "multi_margin_loss";
  if (options.power != 1 && options.power != 2) fail<ValueError>(op, "power is ", options.power, "; it must be 1 or 2");
  check_rows(scores, target, op);
  if (is_floating(target.dtype()))
    fail<DTypeError>(op, "target is ", name_of(target.dtype()), "; class indices are integers");
  const Tensor x = wide(scores), index = target.unsqueeze(-1);
  const Tensor margins = relu(options.margin - gather(x, index, -1) + x);
  const Tensor others = where(equal(arange(scores.dim(-1)), index), 0, margins);
  Tensor loss = (options.power == 2 ? square(others) : others).mean({-1});
  if (options.class_weight.defined()) loss = loss * take(wide(options.class_weight), target);
  return reduce_loss(loss, options.reduction, options.weight, scores, op);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, int axis, double eps) {
  const Shape shape = broadcast(a.shape(), b.shape(), "cosine_similarity");
  const Tensor x = broadcast_to(wide(a), shape), y = broadcast_to(wide(b), shape);
  const auto length = [&](const Tensor& v) { return maximum(norm(v, 2, {axis}), eps); };
  return in_dtype_of(a, (x * y).sum({axis}) / (length(x) * length(y)));
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double eps) {
  return in_dtype_of(a, norm(wide(a) - wide(b) + eps, 2, {-1}));
}

Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target, const MarginOptions& options) {
  const char* op = "cosine_embedding_loss";
  detail::check_same_shape(a, b, op);
  check_rows(a, target, op);
  const Tensor similarity = cosine_similarity(wide(a), wide(b));
  const Tensor loss = where(target > 0, 1 - similarity, relu(similarity - options.margin));
  return reduce_loss(loss, options.reduction, options.weight, a, op);
}

Tensor contrastive_loss(const Tensor& a, const Tensor& b, const Tensor& target, const MarginOptions& options) {
  const char* op = "contrastive_loss";
  detail::check_same_shape(a, b, op);
  check_rows(a, target, op);
  const Tensor d = pairwise_distance(wide(a), wide(b));
  const Tensor loss = 0.5 * square(where(target > 0, d, relu(options.margin - d)));
  return reduce_loss(loss, options.reduction, options.weight, a, op);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletOptions& options) {
  const char* op = "triplet_margin_loss";
  detail::check_same_shape(anchor, positive, op);
  detail::check_same_shape(anchor, negative, op);
  rows_of(anchor, op);
  const Tensor a = wide(anchor), p = wide(positive), n = wide(negative);
  Tensor apart = pairwise_distance(a, n);
  if (options.swap) apart = minimum(apart, pairwise_distance(p, n));
  const Tensor loss = relu(options.margin + pairwise_distance(a, p) - apart);
  return reduce_loss(loss, options.reduction, options.weight, anchor, op);
}

}  // namespace weft
