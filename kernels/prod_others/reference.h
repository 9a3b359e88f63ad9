// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/common/float_types.h"
#include "kernels/prod_others/operands.h"
#include "kernels/prod_others/state.h"

// The arithmetic of the reference kernels of either device: one line after the other, for any number of tangents.
namespace weft::kernels {

// Doubles of workspace: a state for each element, of the elements before it, and one for each line.
inline std::size_t prod_others_states(const AxisSplit& split, int tangents) {
  return static_cast<std::size_t>(split.outer * split.inner * (split.size + 1)) << tangents;
}

template <class T>
WEFT_HD inline void prod_others_line(const AxisSplit& split, const ProdOthersOperands<T>& o, int tangents,
                                     double* states, std::int64_t line) {
  const int parts = 1 << tangents;
  const std::int64_t first = first_of_line(split, line);
  double* before = states + line * (split.size + 1) * parts;
  double* state = before + split.size * parts;
  double t[ProdOthersOperands<T>::kMost];
  const auto add = [&](std::int64_t j) {
    const std::int64_t at = first + j * split.inner;
    for (int a = 0; a < tangents; ++a) t[a] = widened<double>(o.tangents[a][at]);
    add_factor(state, tangents, widened<double>(o.x[at]), t);
  };
  start_product(state, parts, 1);
  for (std::int64_t j = 0; j < split.size; ++j) {
    for (int s = 0; s < parts; ++s) before[j * parts + s] = state[s];
    add(j);
  }
  start_product(state, parts, widened<double>(o.c[line]));
  for (std::int64_t j = split.size; j-- > 0;) {
    o.y[first + j * split.inner] = narrowed<T>(last_part(before + j * parts, state, parts));
    add(j);
  }
}

}  // namespace weft::kernels
