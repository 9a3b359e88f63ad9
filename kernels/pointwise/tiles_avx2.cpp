// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/tile_steps.h"
#include "kernels/pointwise/tiles_isa.h"

namespace weft::kernels::avx2 {

void resolve(TileProgram& p) { resolve_steps(p); }

}  // namespace weft::kernels::avx2
