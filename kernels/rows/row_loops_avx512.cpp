// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/row_loops_bodies.h"
#include "kernels/rows/softmax_bodies.h"

namespace weft::kernels::avx512 {

void resolve(RowLoops<float>& loops) { resolve_loops(loops); }
void resolve(RowLoops<double>& loops) { resolve_loops(loops); }
void resolve(SoftmaxLoops<float>& loops, bool log) { resolve_softmax(loops, log); }
void resolve(SoftmaxLoops<double>& loops, bool log) { resolve_softmax(loops, log); }
void resolve(SoftmaxLoops<bf16>& loops, bool log) { resolve_softmax(loops, log); }
void resolve(SoftmaxLoops<f16>& loops, bool log) { resolve_softmax(loops, log); }

}  // namespace weft::kernels::avx512
