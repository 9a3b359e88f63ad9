// SPDX-License-Identifier: Apache-2.0
#include "weft/linear.h"

#include <cmath>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {

Linear::Linear(std::int64_t in, std::int64_t out, LinearOptions options) : options_(std::move(options)) {
  if (in < 1 || out < 1) fail<ValueError>("linear", "sizes are ", in, " -> ", out, ", both must be positive");
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  weight = Parameter({out, in}, options_.init.draw ? options_.init : init::uniform(-bound, bound));
  if (options_.bias) bias = Parameter({out}, init::uniform(-bound, bound));
}

Tensor Linear::forward(Tensor x) const { return forward_with(std::move(x), weight); }

Tensor Linear::forward_with(Tensor x, const Tensor& other) const {
  if (x.rank() < 1 || x.dim(-1) != other.dim(1))
    fail<ShapeError>("linear", "input is ", x.shape(), ", weight wants (*, ", other.dim(1), ")");
  const Tensor y = matmul(x, other, false, true);
  return bias.defined() ? y + bias.value() : y;
}

Linear Linear::remake() const { return Linear(weight.shape()[1], weight.shape()[0], options_); }

}  // namespace weft
