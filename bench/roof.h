// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <functional>
#include <optional>

// The rates that this machine can reach, with weft's thread count, measured by code that shares nothing with weft.
namespace weft::bench {

// Floating-point operations per second of one hot matrix tile per thread, its operands in the first cache.
double product_roof_f32();
// Floating-point operations per second in bf16 with f32 sums, by AMX or AVX-512 BF16; empty if the CPU has neither.
std::optional<double> product_roof_bf16();

// Bytes per second, read and written, of copying between two buffers that take `footprint` bytes together.
struct CopyRoof {
  double plain = 0, non_temporal = 0;
};
CopyRoof copy_roof(std::size_t footprint);

// Runs body(thread) over and over on every thread at once. Gives the best rate of several tries in units per second;
// one call of body on every thread does `units`.
double best_rate(double units, const std::function<void(std::size_t thread)>& body);

}  // namespace weft::bench
