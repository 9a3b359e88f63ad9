// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/device.h"
#include "weft/dtype.h"

// What a device does at best, to hold measured times against. Measured at the first call of a process, in a fraction of
// a second.
namespace weft::exec {

// Bytes per second, read and written ones together, of a copy too large for any cache.
double copy_rate(Device device);
// Floating-point operations per second of a large product of square matrices; 0 for dtypes without one.
double product_rate(Device device, DType dtype);

}  // namespace weft::exec
