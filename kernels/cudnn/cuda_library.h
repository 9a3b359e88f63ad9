// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/cudnn/cuda_abi.h"

namespace weft::kernels::cudnn {

// cuDNN, loaded at first need: it is a gigabyte, and weft starts without it. Throws DeviceError, also on every later
// call, where the library is not installed.
const Functions& library();

}  // namespace weft::kernels::cudnn
