// SPDX-License-Identifier: Apache-2.0
#include "kernels/jit/cuda_specialised.h"

#if defined(WEFT_CUDA_EMULATED)
namespace weft::kernels {

// The emulation loads no modules; it runs the interpreter.
class SpecialisedKernel {};

std::shared_ptr<const SpecialisedKernel> specialise(const std::string&, const char*, Device) { return nullptr; }
void launch_specialised(const SpecialisedKernel&, dim3, dim3, const Call&, void**) {}

}  // namespace weft::kernels
#endif
