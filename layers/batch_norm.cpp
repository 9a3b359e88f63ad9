// SPDX-License-Identifier: Apache-2.0
#include "weft/batch_norm.h"

#include "weft/error.h"
#include "weft/init.h"
#include "weft/ops.h"

namespace weft {

BatchNorm::BatchNorm(std::int64_t features, double momentum, double eps) : momentum_(momentum), eps_(eps) {
  if (features < 1)
    throw ValueError("batch_norm", Scope::path(), std::to_string(features) + " features, at least 1 is needed");
  weight = Parameter({features}, init::constant(1));
  bias = Parameter({features}, init::zeros());
  running_mean = Buffer({features}, init::zeros());
  running_var = Buffer({features}, init::constant(1));
  num_batches_tracked = Buffer(Shape{}, init::zeros(), DType::kI64);
}

Tensor BatchNorm::forward(Tensor x) const {
  const std::int64_t features = weight.shape()[0];
  if (x.rank() < 2 || x.dim(-1) != features)
    throw ShapeError("batch_norm", Scope::path(),
                     "input is " + x.shape().text() + ", weight wants (*, " + std::to_string(features) + ")");
  if (training() && !frozen()) return normalise_batch(x);
  return batch_norm_inference(x, weight, bias, running_mean, running_var, eps_);
}

Tensor BatchNorm::normalise_batch(const Tensor& x) const {
  const std::int64_t n = x.numel() / x.dim(-1);
  if (n < 2)
    throw ShapeError("batch_norm", Scope::path(),
                     "input is " + x.shape().text() + ", training needs more than one value per feature");
  const BatchNormResult result = batch_norm(x, weight, bias, eps_);
  const double unbias = static_cast<double>(n) / static_cast<double>(n - 1);
  const Tensor mean = stop_gradient(result.mean), variance = stop_gradient(result.variance);
  running_mean.assign((1 - momentum_) * running_mean.value() + momentum_ * mean);
  running_var.assign((1 - momentum_) * running_var.value() + (momentum_ * unbias) * variance);
  num_batches_tracked.assign(num_batches_tracked.value() + 1);
  return result.y;
}

BatchNorm BatchNorm::remake() const { return BatchNorm(weight.shape()[0], momentum_, eps_); }

}  // namespace weft
