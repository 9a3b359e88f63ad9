// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <mutex>
#include <string>

#include "kernels/matmul/choose.h"
#include "kernels/matmul/matmul.h"
#include "weft/log.h"

namespace weft::kernels {

void say_that_it_is_widened(DType dtype) {
  static std::once_flag said[2];
  std::call_once(said[dtype == DType::kF16], [&] {
    log(LogLevel::kInfo, std::string(name_of(dtype)) +
                             ": this processor has no units for it; products are computed in f32, no faster than f32");
  });
}

exec::PreparedKernel prepare_matmul_cpu(const exec::KernelRequest& request) {
  return with_gemm(gemm_problem(request), GemmInto::kMatrix, [](auto made) -> exec::PreparedKernel {
    const auto gemm = std::make_shared<const decltype(made)>(std::move(made));
    return {[gemm](const Call& call) {
              gemm->run(call.inputs[0].data, call.inputs[1].data, call.outputs[0].data, call.workspace.data);
            },
            gemm->workspace()};
  });
}

}  // namespace weft::kernels
