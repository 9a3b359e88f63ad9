// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"
#include "core/scalar/philox.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// y = x * keep / (1 - rate), keep = (uniform draw of the element >= rate). A Philox block serves four neighbors.
struct DropoutRule {
  double rate = 0, scale = 1;
  std::int64_t ordinal = 0, elements = 0;

  // The factors of elements 4 * block ... 4 * block + 3.
  template <class A>
  WEFT_HD void factors(const DrawKey& key, std::int64_t block, A* four) const {
    const PhiloxBlock words = draw_block(key, block);
    for (int i = 0; i < 4; ++i) {
      four[i] = static_cast<double>(unit_float(words.word[i])) >= rate ? static_cast<A>(scale) : A{0};
    }
  }
};

// Writes y of the four elements of one Philox block.
template <class T>
WEFT_HD inline void dropout_block(const DropoutRule& rule, const DrawKey& key, std::int64_t block, const T* x, T* y) {
  using A = Compute<T>;
  A factor[4];
  rule.factors(key, block, factor);
  for (int i = 0; i < 4; ++i) {
    const std::int64_t at = 4 * block + i;
    if (at < rule.elements) y[at] = static_cast<T>(static_cast<A>(x[at]) * factor[i]);
  }
}

inline DropoutRule dropout_rule(const exec::KernelRequest& request) {
  const double rate = request.attributes.real("rate");
  return {rate, 1 / (1 - rate), request.attributes.integer("ordinal"), request.inputs[0].shape.numel()};
}

}  // namespace weft::kernels
