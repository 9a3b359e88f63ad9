// SPDX-License-Identifier: Apache-2.0
#include "core/exec/kernel.h"
#include "kernels/index/index.h"
#include "kernels/movement/movement.h"
#include "kernels/sort/sort.h"

// Every built-in kernel: op, then the pair of functions that make it ready.
#if WEFT_HAS_CUDA
#define WEFT_KERNEL(op, name) \
  { op, kernels::prepare_##name##_cpu, kernels::prepare_##name##_cuda }
#else
#define WEFT_KERNEL(op, name) \
  { op, kernels::prepare_##name##_cpu, nullptr }
#endif

namespace weft::exec {
namespace {

constexpr KernelRow rows[] = {
    WEFT_KERNEL("full", full),
    WEFT_KERNEL("iota", iota),
    WEFT_KERNEL("copy", movement),
    WEFT_KERNEL("stop_gradient", movement),
    WEFT_KERNEL("reshape", movement),
    WEFT_KERNEL("transpose", movement),
    WEFT_KERNEL("broadcast_to", movement),
    WEFT_KERNEL("concat", movement),
    WEFT_KERNEL("slice", movement),
    WEFT_KERNEL("pad", movement),
    WEFT_KERNEL("flip", movement),
    WEFT_KERNEL("take", take),
    WEFT_KERNEL("gather", gather),
    WEFT_KERNEL("index_add", index_add),
    WEFT_KERNEL("scatter_add", scatter_add),
    WEFT_KERNEL("sort", sort),
    WEFT_KERNEL("topk", topk),
    WEFT_KERNEL("unique", unique),
    WEFT_KERNEL("cumsum", cumsum),
};

}  // namespace

std::span<const KernelRow> kernel_table() { return rows; }

}  // namespace weft::exec
