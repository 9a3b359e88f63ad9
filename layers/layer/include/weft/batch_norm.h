// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// Settings of a BatchNorm.
struct BatchNormOptions {
  double momentum = 0.1;  // share of a batch in the running statistics, in [0, 1]
  double eps = 1e-5;      // added to the variance, positive
};

// y = (x - mean) / sqrt(variance + eps) * weight + bias per feature; x (..., features). In training, mean and biased
// variance are of this batch. The running statistics move by `momentum` towards the mean and the unbiased variance, as
// torch.nn.BatchNorm1d; ShapeError for a batch of one value per feature. Otherwise, and when frozen, the running
// statistics are used. Source: Ioffe and Szegedy 2015.
class BatchNorm : public Module {
 public:
  // ValueError unless features >= 1, 0 <= momentum <= 1 and eps > 0.
  explicit BatchNorm(std::int64_t features, BatchNormOptions options = {});
  // (..., features) -> (..., features)
  Tensor forward(Tensor x) const;
  BatchNorm remake() const;

  Parameter weight, bias;            // (features)
  Buffer running_mean, running_var;  // (features)
  Buffer num_batches_tracked;        // i64(): batches in the running statistics
  WEFT_MODULE(weight, bias, running_mean, running_var, num_batches_tracked)

 private:
  [[nodiscard]] Tensor normalize_batch(const Tensor& x) const;
  BatchNormOptions options_;
};

}  // namespace weft
