// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/rows/row_loops.h"

// The loops, built once per instruction set.
namespace weft::kernels {

namespace baseline {
void resolve(RowLoops<float>& loops);
void resolve(RowLoops<double>& loops);
void resolve(SoftmaxLoops<float>& loops, bool log);
void resolve(SoftmaxLoops<double>& loops, bool log);
void resolve(SoftmaxLoops<bf16>& loops, bool log);
void resolve(SoftmaxLoops<f16>& loops, bool log);
}  // namespace baseline
namespace avx2 {
void resolve(RowLoops<float>& loops);
void resolve(RowLoops<double>& loops);
void resolve(SoftmaxLoops<float>& loops, bool log);
void resolve(SoftmaxLoops<double>& loops, bool log);
void resolve(SoftmaxLoops<bf16>& loops, bool log);
void resolve(SoftmaxLoops<f16>& loops, bool log);
}  // namespace avx2
namespace avx512 {
void resolve(RowLoops<float>& loops);
void resolve(RowLoops<double>& loops);
void resolve(SoftmaxLoops<float>& loops, bool log);
void resolve(SoftmaxLoops<double>& loops, bool log);
void resolve(SoftmaxLoops<bf16>& loops, bool log);
void resolve(SoftmaxLoops<f16>& loops, bool log);
}  // namespace avx512

}  // namespace weft::kernels
