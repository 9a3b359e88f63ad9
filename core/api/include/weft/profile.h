// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// One kernel of a program: what it does, what that costs, and how long it takes.
struct KernelProfile {
  std::string kernel{};     // the op that runs: "matmul_epilogue"
  std::string candidate{};  // which of the op's kernels it is: "cublaslt"; "user" for a custom op's
  std::string fused{};      // the ops in it, where it is several: "add, relu"
  std::string layer{};      // "optimizer" for updates
  std::string phase{};      // forward, backward or update
  double flops = 0;         // a multiply-add is two; a transcendental function eight
  std::int64_t bytes_read = 0, bytes_written = 0;  // of device memory, each operand once
  double seconds = 0;                              // shortest of several runs
  double share = 0;                                // of the step
  // The shortest time that the device's measured rates allow, over the measured one: of its f32 or half products for
  // the arithmetic, and for the memory of copies of as many bytes, since small operands are still in a cache.
  double share_of_roof = 0;
  bool memory_bound = true;  // that shortest time is the memory's
};

// Kernels of a program, with the measured rates of its device.
struct Profile {
  std::string program, device;         // names
  double bytes_per_second = 0;         // of a large copy, both ways together
  double flops_per_second = 0;         // of a large f32 matrix product
  std::vector<KernelProfile> kernels;  // in the order they run

  // Sum over the kernels.
  double seconds() const;
  // A table, a kernel a line, with totals.
  std::string text() const;
};

namespace detail {

// FLOPs of what this thread's trace holds for the layer of this path so far, its sublayers left out.
double traced_flops(const std::string& path);

}  // namespace detail
}  // namespace weft
