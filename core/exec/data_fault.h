// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/device/stream.h"
#include "weft/kernel_call.h"

namespace weft::exec {

// The place on the device where its kernels report bad data.
DataFault* data_fault(Device device);
// Throws DataError, once, if a kernel of the stream's device has reported bad data. Call it when the kernel is done.
void throw_data_error(const Stream& stream);
inline void throw_data_error(Device device) { throw_data_error(Stream::current(device)); }

}  // namespace weft::exec
