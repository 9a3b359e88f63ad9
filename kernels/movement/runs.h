// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/kernel_call.h"

namespace weft::kernels {

// Bytes that are copied, or zeroed if `from` is null.
struct ByteRun {
  const void* from = nullptr;
  void* to = nullptr;
  std::int64_t bytes = 0;
};

inline constexpr int kMostRuns = 256;  // of one launch

// Collects runs that do not overlap and moves them on a CUDA device, hundreds with one launch.
class RunLauncher {
 public:
  explicit RunLauncher(const Call& call) : call_(call) {}
  void add(const ByteRun& run);
  void launch();

 private:
  const Call& call_;
  ByteRun runs_[kMostRuns];
  int count_ = 0;
};

}  // namespace weft::kernels
