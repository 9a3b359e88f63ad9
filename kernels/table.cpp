// SPDX-License-Identifier: Apache-2.0
#include "core/exec/candidate.h"
#include "kernels/activation/activation.h"
#include "kernels/conv/conv.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/index/index.h"
#include "kernels/matmul/matmul.h"
#include "kernels/movement/movement.h"
#include "kernels/norm/norm.h"
#include "kernels/pool/pool.h"
#include "kernels/prod_others/prod_others.h"
#include "kernels/random/dropout.h"
#include "kernels/random/gamma.h"
#include "kernels/reduce/reduce.h"
#include "kernels/resample/resample.h"
#include "kernels/rows/softmax.h"
#include "kernels/sort/sort.h"
#include "weft/fn.h"

// Every built-in kernel: op, then its candidates on either device. The candidates of families with several stand in the
// family's header, those of the others here.
#if WEFT_HAS_CUDA
#define WEFT_ROW(op, name) \
  { op, kernels::name##_cpu, kernels::name##_cuda }
#define WEFT_ONLY(name)                                                                      \
  constexpr Candidate name##_cpu[] = {{"reference", always<kernels::prepare_##name##_cpu>}}; \
  constexpr Candidate name##_cuda[] = {{"reference", always<kernels::prepare_##name##_cuda>}};
#else
#define WEFT_ROW(op, name)      \
  {                             \
    op, kernels::name##_cpu, {} \
  }
#define WEFT_ONLY(name) constexpr Candidate name##_cpu[] = {{"reference", always<kernels::prepare_##name##_cpu>}};
#endif

namespace weft::kernels {
namespace {

using exec::always;
using exec::Candidate;

// Rows of one kernel, which is the plain loop.
WEFT_ONLY(relu_bits)
WEFT_ONLY(relu_bits_grad)
WEFT_ONLY(gelu_tanh_grad)
WEFT_ONLY(full)
WEFT_ONLY(triangle)
WEFT_ONLY(log_gamma_draw)
WEFT_ONLY(iota)
WEFT_ONLY(gather)
WEFT_ONLY(take_in_windows)

}  // namespace
}  // namespace weft::kernels

namespace weft::exec {
namespace {

constexpr KernelRow rows[] = {
#define WEFT_POINTWISE(Name, name) WEFT_ROW(#name, elementwise),
    // clang-format off
    WEFT_UNARY_FNS(WEFT_POINTWISE)
    WEFT_BINARY_FNS(WEFT_POINTWISE)
    WEFT_TERNARY_FNS(WEFT_POINTWISE)
// clang-format on
#undef WEFT_POINTWISE
        WEFT_ROW("cast", elementwise),
    WEFT_ROW("uniform", elementwise),
    WEFT_ROW("normal", elementwise),
    WEFT_ROW("pointwise", elementwise),
    WEFT_ROW("sum", reduce),
    WEFT_ROW("mean", reduce),
    WEFT_ROW("max", reduce),
    WEFT_ROW("min", reduce),
    WEFT_ROW("prod", reduce),
    WEFT_ROW("prod_others", prod_others),
    WEFT_ROW("argmax", reduce),
    WEFT_ROW("argmin", reduce),
    WEFT_ROW("variance", reduce),
    WEFT_ROW("logsumexp", reduce),
    WEFT_ROW("matmul", matmul),
    WEFT_ROW("matmul_epilogue", matmul_epilogue),
    WEFT_ROW("matmul_sums", matmul_sums),
    WEFT_ROW("conv", conv),
    WEFT_ROW("conv_input_grad", conv_input_grad),
    WEFT_ROW("conv_weight_grad", conv_weight_grad),
    WEFT_ROW("relu_bits", relu_bits),
    WEFT_ROW("relu_bits_grad", relu_bits_grad),
    WEFT_ROW("gelu_tanh_grad", gelu_tanh_grad),
    WEFT_ROW("softmax", softmax),
    WEFT_ROW("log_softmax", log_softmax),
    WEFT_ROW("softmax_cross_entropy", softmax_cross_entropy),
    WEFT_ROW("softmax_cross_entropy_scaled", softmax_cross_entropy),
    WEFT_ROW("dropout", dropout),
    WEFT_ROW("log_gamma_draw", log_gamma_draw),
    WEFT_ROW("batch_norm_statistics", batch_norm_statistics),
    WEFT_ROW("max_pool", max_pool),
    WEFT_ROW("max_unpool", max_unpool),
    WEFT_ROW("take_in_windows", take_in_windows),
    WEFT_ROW("avg_pool", avg_pool),
    WEFT_ROW("avg_pool_grad", avg_pool_grad),
    WEFT_ROW("resample", resample),
    WEFT_ROW("resample_grad", resample),
    WEFT_ROW("full", full),
    WEFT_ROW("iota", iota),
    WEFT_ROW("copy", movement),
    WEFT_ROW("stop_gradient", movement),
    WEFT_ROW("after", movement),
    WEFT_ROW("reshape", movement),
    WEFT_ROW("transpose", movement),
    WEFT_ROW("broadcast_to", movement),
    WEFT_ROW("concat", movement),
    WEFT_ROW("pack", movement),
    WEFT_ROW("slice", movement),
    WEFT_ROW("pad", movement),
    WEFT_ROW("flip", movement),
    WEFT_ROW("roll", movement),
    WEFT_ROW("triangle", triangle),
    WEFT_ROW("take", take),
    WEFT_ROW("gather", gather),
    WEFT_ROW("index_add", index_add),
    WEFT_ROW("scatter_add", scatter_add),
    WEFT_ROW("sort", sort),
    WEFT_ROW("topk", topk),
    WEFT_ROW("unique", unique),
    WEFT_ROW("cumsum", cumsum),
};

}  // namespace

std::span<const KernelRow> kernel_table() { return rows; }

}  // namespace weft::exec
