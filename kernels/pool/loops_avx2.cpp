// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool/loops_bodies.h"

namespace weft::kernels::avx2 {

#define WEFT_RESOLVE(T)                                                           \
  void resolve(MaxPoolLoops<T, std::uint8_t>& loops) { resolve_max_pool(loops); } \
  void resolve(MaxPoolLoops<T, std::int32_t>& loops) { resolve_max_pool(loops); } \
  void resolve(AvgPoolLoops<T>& loops) { resolve_avg_pool(loops); }
WEFT_POOL_TYPES(WEFT_RESOLVE)
#undef WEFT_RESOLVE

}  // namespace weft::kernels::avx2
