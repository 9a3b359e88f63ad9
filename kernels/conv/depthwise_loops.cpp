// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/depthwise_loops.h"

#include "core/device/cpu/machine.h"
#include "kernels/conv/depthwise_isa.h"

namespace weft::kernels {

namespace {

// Calls resolve of the namespace that is built for cpu::isa().
template <class Loops>
Loops resolved() {
  Loops loops;
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512) {
    avx512::resolve(loops);
    return loops;
  }
  if (cpu::isa() == cpu::Isa::kAvx2) {
    avx2::resolve(loops);
    return loops;
  }
#endif
  baseline::resolve(loops);
  return loops;
}

}  // namespace

template <class T, class O>
DepthwiseLoops<T, O> depthwise_loops() {
  return resolved<DepthwiseLoops<T, O>>();
}
template <class T>
DepthwiseSums<T> depthwise_sums() {
  return resolved<DepthwiseSums<T>>();
}

#define WEFT_INSTANTIATE(T, O) template DepthwiseLoops<T, O> depthwise_loops();
#define WEFT_INSTANTIATE_SUMS(T) template DepthwiseSums<T> depthwise_sums();
WEFT_DEPTHWISE(WEFT_INSTANTIATE)
WEFT_DEPTHWISE_SUMS(WEFT_INSTANTIATE_SUMS)

}  // namespace weft::kernels
