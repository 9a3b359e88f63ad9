// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "kernels/matmul/gemm.h"
#include "kernels/matmul/matmul.h"

namespace weft::kernels {

exec::PreparedKernel prepare_matmul_cpu(const exec::KernelRequest& request) {
  if (size_of(request.inputs[0].dtype) == 2) return prepare_matmul_half_cpu(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using Gemm = CpuGemm<typename decltype(type)::type>;
    auto gemm = std::make_shared<const Gemm>(gemm_problem(request), Gemm::Into::kMatrix);
    return {[gemm](const Call& call) {
              gemm->run(call.inputs[0].data, call.inputs[1].data, call.outputs[0].data, call.workspace.data);
            },
            gemm->workspace()};
  });
}

}  // namespace weft::kernels
