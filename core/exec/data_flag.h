// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/device.h"
#include "weft/kernel_call.h"

namespace weft::exec {

// The place on the device where its kernels report bad data.
DataFlag* data_flag(Device device);
// Throws DataError, once, when a kernel has reported something; the device must be idle up to the work in question.
void throw_data_error(Device device);

}  // namespace weft::exec
