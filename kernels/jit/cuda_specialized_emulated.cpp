// SPDX-License-Identifier: Apache-2.0
#include "kernels/jit/cuda_specialized.h"

#if defined(WEFT_CUDA_EMULATED)
namespace weft::kernels {

// The emulation loads no modules; it runs the interpreter.
class SpecializedKernel {};

std::shared_ptr<const SpecializedKernel> specialize(const std::string&, const char*, Device) { return nullptr; }
void launch_specialized(const SpecializedKernel&, dim3, dim3, const Call&, void**) {}

}  // namespace weft::kernels
#endif
