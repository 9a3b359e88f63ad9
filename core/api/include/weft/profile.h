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
  std::string fused{};      // the ops in it, if several: "add, relu"
  std::string layer{};      // "optimizer" for updates
  std::string phase{};      // forward, backward or update
  double flops = 0;         // a multiply-add is two; a transcendental function eight
  std::int64_t bytes_read = 0, bytes_written = 0;  // bytes of device memory, each operand once
  double seconds = 0;                              // shortest of several runs
  double share = 0;                                // share of the program's seconds
  // The least time that the roofs allow, over the measured time. The roofs: f32 or half products for the arithmetic;
  // for the memory copies of as many bytes, because small operands are still in a cache.
  double share_of_roof = 0;
  bool memory_bound = true;  // false: the arithmetic sets the least time
};

// Kernels of a program, with the measured rates of its device.
struct Profile {
  std::string program, device;         // names
  double bytes_per_second = 0;         // rate of a large copy, both ways together
  double flops_per_second = 0;         // rate of a large f32 matrix product
  std::vector<KernelProfile> kernels;  // in the order they run

  // Sum over the kernels.
  double seconds() const;
  // A table, a kernel a line, with totals.
  std::string text() const;
};

namespace detail {

// FLOPs that this thread's trace has so far for the layer of this path, without its sublayers.
double traced_flops(const std::string& path);

}  // namespace detail
}  // namespace weft
