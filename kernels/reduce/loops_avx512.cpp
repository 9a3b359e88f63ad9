// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/loops_bodies.h"
#include "kernels/reduce/loops_isa.h"

namespace weft::kernels::avx512 {

#define WEFT_LOOPS(Op, T, Out) \
  ReduceLoops reduce_loops(Op, T, Out) { return loops_of<Op, T, Out>(); }
WEFT_VECTOR_REDUCTIONS(WEFT_LOOPS)
#undef WEFT_LOOPS

}  // namespace weft::kernels::avx512
