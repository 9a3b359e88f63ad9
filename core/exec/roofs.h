// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/device.h"
#include "weft/dtype.h"

// What a device does at best, to hold measured times against. Measured at the first call of a process, in a fraction of
// a second.
namespace weft::exec {

// Bytes per second, read and written ones together, of a copy of as many bytes as a kernel works on, or of one that is
// too large for any cache if those are many: what is in a cache is there faster.
double copy_rate(Device device, std::int64_t bytes);
// Floating-point operations per second of a large product of square matrices; 0 for dtypes without one.
double product_rate(Device device, DType dtype);

}  // namespace weft::exec
