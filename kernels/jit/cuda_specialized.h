// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <memory>
#include <string>

#include "weft/device.h"
#include "weft/kernel_call.h"

namespace weft::kernels {

// A kernel that was compiled while the program runs.
class SpecializedKernel;

// The kernel `name` of this CUDA source, compiled for the device; kept in memory and on disk, and found again by its
// content. Null where it cannot be had (no NVRTC, or in the emulation): then the general kernel runs.
std::shared_ptr<const SpecializedKernel> specialize(const std::string& source, const char* name, Device device);

// Enqueues it on the call's stream and device.
void launch_specialized(const SpecializedKernel& kernel, dim3 grid, dim3 block, const Call& call, void** arguments);

}  // namespace weft::kernels
