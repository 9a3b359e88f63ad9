// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/depthwise_bodies.h"

namespace weft::kernels::baseline {

#define WEFT_RESOLVE(T, O) \
  void resolve(DepthwiseLoops<T, O>& loops) { resolve_loops(loops); }
#define WEFT_RESOLVE_SUMS(T) \
  void resolve(DepthwiseSums<T>& loops) { resolve_sums(loops); }
WEFT_DEPTHWISE(WEFT_RESOLVE)
WEFT_DEPTHWISE_SUMS(WEFT_RESOLVE_SUMS)
#undef WEFT_RESOLVE
#undef WEFT_RESOLVE_SUMS

}  // namespace weft::kernels::baseline
