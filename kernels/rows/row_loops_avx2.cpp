// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/row_loops_bodies.h"

namespace weft::kernels::avx2 {

void resolve(RowLoops<float>& loops) { resolve_loops(loops); }
void resolve(RowLoops<double>& loops) { resolve_loops(loops); }

}  // namespace weft::kernels::avx2
