// SPDX-License-Identifier: Apache-2.0
#include "weft/linear.h"

#include <cmath>
#include <string>

#include "weft/error.h"
#include "weft/ops.h"

namespace weft {

Linear::Linear(std::int64_t in, std::int64_t out, LinearOptions options) : options_(std::move(options)) {
  if (in < 1 || out < 1)
    throw ValueError("linear", Scope::path(),
                     "sizes are " + std::to_string(in) + " -> " + std::to_string(out) + ", both must be positive");
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  weight = Parameter({out, in}, options_.init.draw ? options_.init : init::uniform(-bound, bound));
  if (options_.bias) bias = Parameter({out}, init::uniform(-bound, bound));
}

Tensor Linear::forward(Tensor x) const {
  if (x.rank() < 1 || x.dim(-1) != weight.shape()[1])
    throw ShapeError("linear", Scope::path(),
                     "input is " + x.shape().text() + ", weight wants (*, " + std::to_string(weight.shape()[1]) + ")");
  const Tensor y = matmul(x, weight, false, true);
  return bias.defined() ? y + bias.value() : y;
}

Linear Linear::remake() const { return Linear(weight.shape()[1], weight.shape()[0], options_); }

}  // namespace weft
