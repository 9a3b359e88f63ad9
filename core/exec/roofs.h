// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/device.h"
#include "weft/dtype.h"

// Highest rates of a device, to compare measured times with; measured at the first call in a process, in under a
// second.
namespace weft::exec {

// Bytes per second, reads plus writes, of a copy of about this many bytes. Small copies are faster, because their bytes
// are in a cache; beyond the largest copy measured the rate stays.
double copy_rate(Device device, std::int64_t bytes);
// Floating-point operations per second of a large product of square matrices; 0 for dtypes without one.
double product_rate(Device device, DType dtype);

}  // namespace weft::exec
