// SPDX-License-Identifier: Apache-2.0
#include "kernels/movement/runs.h"

#include "kernels/common/grid.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kPiece = 16 * kThreads * 4;  // bytes that a block moves

struct RunTable {  // 7 KiB of arguments
  ByteRun runs[kMostRuns];
  unsigned first_block[kMostRuns];
  int count;
};

// Moves a whole number of elements of type U; the threads of the block take neighbors.
template <class U>
__device__ std::int64_t move_units(unsigned char* to, const unsigned char* from, std::int64_t bytes) {
  const std::int64_t n = bytes / static_cast<std::int64_t>(sizeof(U));
  auto* const out = reinterpret_cast<U*>(to);
  const auto* const in = reinterpret_cast<const U*>(from);
#pragma unroll 4
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) out[i] = from ? in[i] : U{};
  return n * static_cast<std::int64_t>(sizeof(U));
}

__global__ void __launch_bounds__(kThreads) runs_kernel(const __grid_constant__ RunTable table) {
  int run = 0;
  for (int step = kMostRuns / 2; step > 0; step /= 2)
    if (run + step < table.count && table.first_block[run + step] <= blockIdx.x) run += step;
  const ByteRun whole = table.runs[run];
  const std::int64_t begin = static_cast<std::int64_t>(blockIdx.x - table.first_block[run]) * kPiece;
  const std::int64_t bytes = whole.bytes - begin < kPiece ? whole.bytes - begin : kPiece;
  auto* const to = static_cast<unsigned char*>(whole.to) + begin;
  const auto* const from = whole.from ? static_cast<const unsigned char*>(whole.from) + begin : nullptr;
  const auto bits = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
  const std::int64_t done = bits % 16 == 0  ? move_units<uint4>(to, from, bytes)
                            : bits % 4 == 0 ? move_units<unsigned>(to, from, bytes)
                            : bits % 2 == 0 ? move_units<unsigned short>(to, from, bytes)
                                            : 0;
  move_units<unsigned char>(to + done, from ? from + done : nullptr, bytes - done);
}

}  // namespace

void RunLauncher::add(const ByteRun& run) {
  if (run.bytes == 0) return;
  if (count_ == kMostRuns) launch();
  runs_[count_++] = run;
}

void RunLauncher::launch() {
  RunTable table{};
  unsigned blocks = 0;
  for (int i = 0; i < count_; ++i) {
    table.runs[i] = runs_[i];
    table.first_block[i] = blocks;
    blocks += static_cast<unsigned>((runs_[i].bytes + kPiece - 1) / kPiece);
  }
  table.count = count_;
  count_ = 0;
  cuda::launch(runs_kernel, dim3(blocks), dim3(kThreads), 0, call_, table);
}

}  // namespace weft::kernels
