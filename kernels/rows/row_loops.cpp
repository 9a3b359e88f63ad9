// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/row_loops.h"

#include "core/device/cpu/machine.h"
#include "kernels/rows/row_loops_isa.h"

namespace weft::kernels {

namespace {

// Calls resolve of the namespace that is built for cpu::isa().
template <class Loops, class... Log>
Loops resolved(Log... log) {
  Loops loops;
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512) {
    avx512::resolve(loops, log...);
    return loops;
  }
  if (cpu::isa() == cpu::Isa::kAvx2) {
    avx2::resolve(loops, log...);
    return loops;
  }
#endif
  baseline::resolve(loops, log...);
  return loops;
}

}  // namespace

template <class A>
RowLoops<A> row_loops() {
  return resolved<RowLoops<A>>();
}
template <class T>
SoftmaxLoops<T> softmax_loops(bool log) {
  return resolved<SoftmaxLoops<T>>(log);
}

template RowLoops<float> row_loops();
template RowLoops<double> row_loops();
template SoftmaxLoops<float> softmax_loops(bool log);
template SoftmaxLoops<double> softmax_loops(bool log);
template SoftmaxLoops<bf16> softmax_loops(bool log);
template SoftmaxLoops<f16> softmax_loops(bool log);

}  // namespace weft::kernels
