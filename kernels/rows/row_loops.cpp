// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/row_loops.h"

#include "kernels/common/resolve.h"
#include "kernels/rows/row_loops_isa.h"

namespace weft::kernels {

namespace {

template <class Loops, class... Log>
Loops resolved(Log... log) {
  Loops loops;
  WEFT_RESOLVE(loops, log...);
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
