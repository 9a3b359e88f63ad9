// SPDX-License-Identifier: Apache-2.0
#include "core/exec/kernel.h"
#include "kernels/activation/activation.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/index/index.h"
#include "kernels/matmul/matmul.h"
#include "kernels/movement/movement.h"
#include "kernels/norm/norm.h"
#include "kernels/random/dropout.h"
#include "kernels/reduce/reduce.h"
#include "kernels/rows/softmax.h"
#include "kernels/sort/sort.h"
#include "weft/fn.h"

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
#define WEFT_POINTWISE(Name, name) WEFT_KERNEL(#name, pointwise),
    // clang-format off
    WEFT_UNARY_FNS(WEFT_POINTWISE)
    WEFT_BINARY_FNS(WEFT_POINTWISE)
    WEFT_TERNARY_FNS(WEFT_POINTWISE)
// clang-format on
#undef WEFT_POINTWISE
        WEFT_KERNEL("cast", pointwise),
    WEFT_KERNEL("uniform", pointwise),
    WEFT_KERNEL("normal", pointwise),
    WEFT_KERNEL("pointwise", pointwise),
    WEFT_KERNEL("sum", reduce),
    WEFT_KERNEL("mean", reduce),
    WEFT_KERNEL("max", reduce),
    WEFT_KERNEL("min", reduce),
    WEFT_KERNEL("prod", reduce),
    WEFT_KERNEL("argmax", reduce),
    WEFT_KERNEL("argmin", reduce),
    WEFT_KERNEL("variance", reduce),
    WEFT_KERNEL("logsumexp", reduce),
    WEFT_KERNEL("matmul", matmul),
    WEFT_KERNEL("matmul_epilogue", matmul_epilogue),
    WEFT_KERNEL("matmul_sums", matmul_sums),
    WEFT_KERNEL("relu_bits", relu_bits),
    WEFT_KERNEL("relu_bits_grad", relu_bits_grad),
    WEFT_KERNEL("gelu_tanh_grad", gelu_tanh_grad),
    WEFT_KERNEL("softmax", softmax),
    WEFT_KERNEL("log_softmax", log_softmax),
    WEFT_KERNEL("softmax_cross_entropy", softmax_cross_entropy),
    WEFT_KERNEL("softmax_cross_entropy_scaled", softmax_cross_entropy),
    WEFT_KERNEL("dropout", dropout),
    WEFT_KERNEL("batch_norm_statistics", batch_norm_statistics),
    WEFT_KERNEL("full", full),
    WEFT_KERNEL("iota", iota),
    WEFT_KERNEL("copy", movement),
    WEFT_KERNEL("stop_gradient", movement),
    WEFT_KERNEL("reshape", movement),
    WEFT_KERNEL("transpose", movement),
    WEFT_KERNEL("broadcast_to", movement),
    WEFT_KERNEL("concat", movement),
    WEFT_KERNEL("pack", movement),
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
