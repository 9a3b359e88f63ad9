// SPDX-License-Identifier: Apache-2.0
#include "core/exec/kernel.h"
#include "kernels/dropout/dropout.h"
#include "kernels/matmul/matmul.h"
#include "kernels/norm/norm.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax/softmax.h"

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
    WEFT_KERNEL("softmax", softmax),
    WEFT_KERNEL("log_softmax", log_softmax),
    WEFT_KERNEL("softmax_cross_entropy", softmax_cross_entropy),
    WEFT_KERNEL("dropout", dropout),
    WEFT_KERNEL("batch_norm", batch_norm),
    WEFT_KERNEL("batch_norm_grad", batch_norm_grad),
    WEFT_KERNEL("batch_norm_inference", batch_norm_inference),
};

}  // namespace

std::span<const KernelRow> kernel_table() { return rows; }

}  // namespace weft::exec
