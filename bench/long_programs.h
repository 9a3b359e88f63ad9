// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "weft/weft.h"

// Training programs of as many nodes as one asks for.
namespace weft::bench {

// A loss of parameters and two arguments at most.
struct Training {
  Parameters parameters;
  std::vector<TensorSpec> arguments;
  std::function<Tensor(const std::vector<Tensor>&)> loss;
};

struct LongProgram {
  std::string name;
  Training (*make)(std::int64_t size);
};

// chain: an elementwise function of an elementwise function, `size` times. lstm: a cell written with tensors, unrolled
// over `size` steps. many: a product with each of `size` parameters. wide: a value with `size` readers.
const std::vector<LongProgram>& long_programs();

}  // namespace weft::bench
