// SPDX-License-Identifier: Apache-2.0
#include "kernels/resample/loops_bodies.h"

namespace weft::kernels::baseline {

void resolve(ResampleLoop<float>& loop) { loop.run = weighted_sum<float>; }
void resolve(ResampleLoop<double>& loop) { loop.run = weighted_sum<double>; }
void resolve(ResampleLoop<bf16>& loop) { loop.run = weighted_sum<bf16>; }
void resolve(ResampleLoop<f16>& loop) { loop.run = weighted_sum<f16>; }

}  // namespace weft::kernels::baseline
