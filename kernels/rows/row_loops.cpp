// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/row_loops.h"

#include "core/device/cpu/machine.h"
#include "kernels/rows/row_loops_isa.h"

namespace weft::kernels {

template <class A>
RowLoops<A> row_loops() {
  RowLoops<A> loops;
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

template RowLoops<float> row_loops();
template RowLoops<double> row_loops();

}  // namespace weft::kernels
