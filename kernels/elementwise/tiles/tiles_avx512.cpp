// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/tiles/tile_steps.h"
#include "kernels/elementwise/tiles/tiles_isa.h"

namespace weft::kernels::avx512 {

void resolve(CpuProgram& p) { resolve_steps(p); }

}  // namespace weft::kernels::avx512
