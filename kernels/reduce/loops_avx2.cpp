// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/loops_bodies.h"
#include "kernels/reduce/loops_isa.h"

namespace weft::kernels::avx2 {

template <class Op, class T, class Out>
ReduceLoops reduce_loops() {
  return loops_of<Op, T, Out>();
}

#define WEFT_LOOPS(Op, T, Out) template ReduceLoops reduce_loops<Op, T, Out>();
WEFT_VECTOR_REDUCTIONS(WEFT_LOOPS)
#undef WEFT_LOOPS

}  // namespace weft::kernels::avx2
