// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "core/exec/kernel.h"

namespace weft::kernels {

// A node with an epilogue as two kernels that run one after the other, what the first one gives lying in the workspace.
// `base` names the op in front of the epilogue, which takes the first `inputs` of the node's inputs.
exec::PreparedKernel prepare_in_turn(const exec::KernelRequest& request, std::string_view base, std::size_t inputs,
                                     exec::PreparedKernel (*prepare_base)(const exec::KernelRequest&),
                                     exec::PreparedKernel (*prepare_body)(const exec::KernelRequest&));

}  // namespace weft::kernels
