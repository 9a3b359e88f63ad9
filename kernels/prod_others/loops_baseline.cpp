// SPDX-License-Identifier: Apache-2.0
#include "kernels/prod_others/loops_bodies.h"

namespace weft::kernels::baseline {

void resolve(ProdOthersLoops<float>& loops, int tangents) { resolve_loops(loops, tangents); }
void resolve(ProdOthersLoops<double>& loops, int tangents) { resolve_loops(loops, tangents); }
void resolve(ProdOthersLoops<bf16>& loops, int tangents) { resolve_loops(loops, tangents); }
void resolve(ProdOthersLoops<f16>& loops, int tangents) { resolve_loops(loops, tangents); }

}  // namespace weft::kernels::baseline
