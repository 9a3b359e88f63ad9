// SPDX-License-Identifier: Apache-2.0
#include "weft/batch_norm.h"

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/init.h"
#include "weft/ops.h"

namespace weft {

BatchNorm::BatchNorm(std::int64_t features, BatchNormOptions options) : options_(options) {
  if (features < 1) fail<ValueError>("batch_norm", features, " features, at least 1 is needed");
  if (!(options.momentum >= 0 && options.momentum <= 1))
    fail<ValueError>("batch_norm", "momentum is ", options.momentum, ", it must lie in [0, 1]");
  if (!(options.eps > 0)) fail<ValueError>("batch_norm", "eps is ", options.eps, ", it must be positive");
  weight = Parameter({features}, init::constant(1));
  bias = Parameter({features}, init::zeros());
  running_mean = Buffer({features}, init::zeros());
  running_var = Buffer({features}, init::constant(1));
  num_batches_tracked = Buffer(Shape{}, init::zeros(), DType::kI64);
}

Tensor BatchNorm::forward(Tensor x) const {
  const std::int64_t features = weight.shape()[0];
  if (x.rank() < 2 || x.dim(-1) != features)
    fail<ShapeError>("batch_norm", "input is ", x.shape(), ", weight wants (*, ", features, ")");
  if (training() && !frozen()) return normalize_batch(x);
  return batch_norm_inference(x, weight, bias, running_mean, running_var, options_.eps);
}

Tensor BatchNorm::normalize_batch(const Tensor& x) const {
  const std::int64_t n = x.numel() / x.dim(-1);
  if (n < 2)
    fail<ShapeError>("batch_norm", "input is ", x.shape(),
                     ", training needs more than one value per feature; set drop_last or another batch_size, so that "
                     "no batch has one row");
  const BatchNormResult result = batch_norm(x, weight, bias, options_.eps);
  const double unbias = static_cast<double>(n) / static_cast<double>(n - 1);
  const Tensor mean = stop_gradient(result.mean), variance = stop_gradient(result.variance);
  running_mean.assign((1 - options_.momentum) * running_mean.value() + options_.momentum * mean);
  running_var.assign((1 - options_.momentum) * running_var.value() + (options_.momentum * unbias) * variance);
  num_batches_tracked.assign(num_batches_tracked.value() + 1);
  return result.y;
}

BatchNorm BatchNorm::remake() const { return BatchNorm(weight.shape()[0], options_); }

}  // namespace weft
