// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/init.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// Settings of Linear.
struct LinearOptions {
  bool bias = true;  // false: y = x W^T
  // Initializer of the weight. Empty: U(-b, b) with b = 1 / sqrt(in), as PyTorch draws it.
  Init init{};
};

// y = x W^T + b. x (..., in), W (out, in), b (out), drawn from U(-1 / sqrt(in), 1 / sqrt(in)); y (..., out).
class Linear : public Module {
 public:
  // ValueError unless both sizes are positive.
  Linear(std::int64_t in, std::int64_t out, LinearOptions options = {});
  // (..., in) -> (..., out); ShapeError for another last axis.
  Tensor forward(Tensor x) const;
  // forward() with another weight (out, in) in the place of the layer's own.
  [[nodiscard]] Tensor forward_with(Tensor x, const Tensor& other) const;
  Linear remake() const;

  Parameter weight, bias;  // bias is undefined without LinearOptions::bias
  WEFT_MODULE(weight, bias)

 private:
  LinearOptions options_;
};

}  // namespace weft
