// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>

#include "core/exec/kernel.h"
#include "kernels/pointwise/tiles.h"

namespace weft::kernels {

// A batch norm's epilogue that runs on pieces of y.
struct NormBody {
  TileProgram program;
  std::array<int, 4> passed_on{-1, -1, -1, -1};  // the outputs that are mean, variance and rstd (1 to 3), unchanged
};

// Nothing where the body looks at the statistics, ends in a reduction, or only passes on what it is given.
std::optional<NormBody> norm_body(const exec::KernelRequest& request);

}  // namespace weft::kernels
