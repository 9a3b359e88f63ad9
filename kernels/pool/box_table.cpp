// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool/box_table.h"

namespace weft::kernels {

BoxTable::BoxTable(const PoolShape& s, Results results) : images_(s.n), channels_(s.c) {
  const bool windows = results == Results::kWindows;
  std::int64_t step = 1, move = 1;  // in row-major order
  run_.channels = s.c;
  for (int i = PoolShape::kAxes - 1; i >= 0; --i) {
    const WindowAxis& axis = s.axis[i];
    to_[i] = windows ? axis.out : axis.in;
    from_[i] = windows ? axis.in : axis.out;
    size_[i] = axis.size;
    for (std::int64_t place = 0; place < to_[i]; ++place) {
      axis_[i].push_back(windows ? axis.elements_of(place) : axis.windows_over(place));
      most_[i] = std::max(most_[i], axis_[i].back().count);
    }
    run_.step[i] = step * axis.step(windows);
    run_.move[i] = static_cast<std::int32_t>(move * axis.move(windows));
    step *= from_[i];
    move *= axis.size;
  }
}

}  // namespace weft::kernels
