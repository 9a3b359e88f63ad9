// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/elementwise/tiles/tiles.h"

// The tile machine as it is built for each instruction set: makes the steps of a program ready to run.
namespace weft::kernels {

namespace baseline {
void resolve(CpuProgram& p);
}
namespace avx2 {
void resolve(CpuProgram& p);
}
namespace avx512 {
void resolve(CpuProgram& p);
}

}  // namespace weft::kernels
