// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <mutex>
#include <string>

#include "kernels/matmul/gemms.h"
#include "kernels/matmul/matmul.h"
#include "weft/log.h"

namespace weft::kernels {

void say_that_it_is_widened(DType dtype) {
  if (takes_units(dtype, bf16_units::Kind::kAvx512)) return;  // a test wanted it so
  static std::once_flag said[2];
  std::call_once(said[dtype == DType::kF16], [&] {
    log(LogLevel::kInfo, std::string(name_of(dtype)) +
                             ": this processor has no units for it; products are computed in f32, no faster than f32");
  });
}

namespace {

constexpr auto into_matrix = [](auto made) -> exec::PreparedKernel {
  const auto gemm = std::make_shared<const decltype(made)>(std::move(made));
  return {[gemm](const Call& call) {
            gemm->run(call.inputs[0].data, call.inputs[1].data, call.outputs[0].data, call.workspace.data);
          },
          gemm->workspace()};
};

}  // namespace

std::optional<exec::PreparedKernel> prepare_matmul_amx(const exec::KernelRequest& request) {
  return with_units(gemm_problem(request), bf16_units::Kind::kAmx, into_matrix);
}

std::optional<exec::PreparedKernel> prepare_matmul_avx512_bf16(const exec::KernelRequest& request) {
  return with_units(gemm_problem(request), bf16_units::Kind::kAvx512, into_matrix);
}

std::optional<exec::PreparedKernel> prepare_matmul_dots(const exec::KernelRequest& request) {
  return with_dots(gemm_problem(request), GemmInto::kMatrix, into_matrix);
}

std::optional<exec::PreparedKernel> prepare_matmul_tiles(const exec::KernelRequest& request) {
  return with_tiles(gemm_problem(request), GemmInto::kMatrix, into_matrix);
}

}  // namespace weft::kernels
