// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "kernels/matmul/cuda_gemm.h"
#include "kernels/matmul/cuda_match.h"
#include "kernels/matmul/matmul.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/support/in_turn.h"

namespace weft::kernels {

exec::PreparedKernel prepare_matmul_cuda(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  const auto bytes = static_cast<std::size_t>(request.outputs[0].bytes());
  if (bytes == 0) return {[](const Call&) {}};
  if (problem.k > 0) return prepare_gemm(problem, GemmEpilogue::kNone, request.device).value();
  return {[bytes](const Call& call) {
    const cuda_backend::CurrentDevice current(call.device);
    WEFT_CUDA(cudaMemsetAsync(call.outputs[0].data, 0, bytes, static_cast<cudaStream_t>(call.stream)));
  }};
}

// By the library where it has an epilogue that is the whole body, which follows from body, dtypes and shapes; else the
// body is a kernel of its own.
exec::PreparedKernel prepare_matmul_epilogue_cuda(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  const std::optional<MatchedEpilogue> match = match_epilogue(*request.body);
  if (match && problem.k > 0 && problem.m * problem.n > 0) {
    if (auto gemm = prepare_gemm(problem, match->epilogue, request.device)) {
      const auto run = [inner = std::move(gemm->run), match](const Call& call) {
        // The body's first input is the product. Views made here have no shape: a copy would allocate.
        const std::size_t which[] = {0, 1, match->operand.value_or(0) + 1};
        std::array<View, 3> operands;
        for (std::size_t i = 0; i < 3; ++i) operands[i].data = call.inputs[which[i]].data;
        Call all = call;
        all.inputs = std::span(operands).first(match->operand ? 3 : 2);
        inner(all);
      };
      return {run, gemm->workspace};
    }
  }
  return prepare_in_turn(request, "matmul", 2, prepare_matmul_cuda, prepare_pointwise_cuda);
}

}  // namespace weft::kernels
