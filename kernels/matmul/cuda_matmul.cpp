// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "kernels/matmul/cuda_gemm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/pointwise/pointwise.h"
#include "kernels/support/in_turn.h"

namespace weft::kernels {

exec::PreparedKernel prepare_matmul_cuda(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  const auto bytes = static_cast<std::size_t>(request.outputs[0].bytes());
  if (bytes == 0) return {[](const Call&) {}};
  if (problem.k > 0) return prepare_gemm(problem, request.device);
  return {[bytes](const Call& call) {
    const cuda_backend::CurrentDevice current(call.device);
    WEFT_CUDA(cudaMemsetAsync(call.outputs[0].data, 0, bytes, static_cast<cudaStream_t>(call.stream)));
  }};
}

exec::PreparedKernel prepare_matmul_epilogue_cuda(const exec::KernelRequest& request) {
  return prepare_in_turn(request, "matmul", 2, prepare_matmul_cuda, prepare_pointwise_cuda);
}

}  // namespace weft::kernels
