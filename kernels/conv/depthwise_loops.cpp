// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/depthwise_loops.h"

#include "kernels/common/resolve.h"
#include "kernels/conv/depthwise_isa.h"

namespace weft::kernels {

template <class T, class O>
DepthwiseLoops<T, O> depthwise_loops() {
  DepthwiseLoops<T, O> loops;
  WEFT_RESOLVE(loops);
  return loops;
}
template <class T>
DepthwiseSums<T> depthwise_sums() {
  DepthwiseSums<T> loops;
  WEFT_RESOLVE(loops);
  return loops;
}

#define WEFT_INSTANTIATE(T, O) template DepthwiseLoops<T, O> depthwise_loops();
#define WEFT_INSTANTIATE_SUMS(T) template DepthwiseSums<T> depthwise_sums();
WEFT_DEPTHWISE(WEFT_INSTANTIATE)
WEFT_DEPTHWISE_SUMS(WEFT_INSTANTIATE_SUMS)

}  // namespace weft::kernels
