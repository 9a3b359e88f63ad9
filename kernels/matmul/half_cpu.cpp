// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "core/device/thread_pool.h"
#include "kernels/matmul/bf16_gemm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/support/float_types.h"
#include "weft/log.h"

namespace weft::kernels {

namespace {

std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

void say_that_it_is_widened(DType dtype) {
  static std::once_flag once[2];
  std::call_once(once[dtype == DType::kF16], [&] {
    log(LogLevel::kInfo, std::string(name_of(dtype)) +
                             ": this processor has no units for it; products are computed in f32, no faster than f32");
  });
}

template <class To, class From>
void convert_all(const void* from, void* to, std::int64_t count) {
  constexpr std::int64_t kGrain = 64 * 1024;
  parallel_for(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    const auto* x = static_cast<const From*>(from);
    auto* y = static_cast<To*>(to);
    for (std::int64_t i = begin; i < end; ++i) y[i] = static_cast<To>(x[i]);
  });
}

// Both operands are widened into the workspace and multiplied as f32.
template <class T>
exec::PreparedKernel prepare_widened(const exec::KernelRequest& request) {
  say_that_it_is_widened(request.inputs[0].dtype);
  const auto wide = [](const TensorSpec& spec) { return TensorSpec{spec.shape, DType::kF32}; };
  const TensorSpec inputs[] = {wide(request.inputs[0]), wide(request.inputs[1])};
  const TensorSpec outputs[] = {wide(request.outputs[0])};
  const auto bytes = [](const TensorSpec& spec) { return aligned(static_cast<std::size_t>(spec.bytes())); };
  exec::KernelRequest f32 = request;
  f32.inputs = inputs;
  f32.outputs = outputs;
  const exec::PreparedKernel product = prepare_matmul_cpu(f32);
  const bool narrow = request.outputs[0].dtype != DType::kF32;
  const std::size_t a = bytes(inputs[0]), b = bytes(inputs[1]), c = narrow ? bytes(outputs[0]) : 0;
  const std::int64_t counts[] = {inputs[0].shape.numel(), inputs[1].shape.numel(), outputs[0].shape.numel()};
  const auto run = [=](const Call& call) {
    auto* space = static_cast<std::byte*>(call.workspace.data);
    const View operands[] = {{space, {}}, {space + a, {}}};  // the product knows the shapes
    const View results[] = {{narrow ? space + a + b : call.outputs[0].data, {}}};
    for (std::size_t i = 0; i < 2; ++i) convert_all<float, T>(call.inputs[i].data, operands[i].data, counts[i]);
    Call inner = call;
    inner.inputs = operands;
    inner.outputs = results;
    inner.workspace.data = space + a + b + c;
    product.run(inner);
    if (narrow) convert_all<T, float>(results[0].data, call.outputs[0].data, counts[2]);
  };
  return {run, a + b + c + product.workspace};
}

}  // namespace

exec::PreparedKernel prepare_matmul_half_cpu(const exec::KernelRequest& request) {
  if (request.inputs[0].dtype == DType::kF16) return prepare_widened<f16>(request);
  const bf16_units::Kind kind = bf16_units::best();
  if (kind == bf16_units::Kind::kNone) return prepare_widened<bf16>(request);
  const auto prepared = [&](auto gemm) -> exec::PreparedKernel {
    return {[gemm](const Call& call) {
              gemm->run(call.inputs[0].data, call.inputs[1].data, call.outputs[0].data, call.workspace.data);
            },
            gemm->workspace()};
  };
  const GemmProblem problem = gemm_problem(request);
  return request.outputs[0].dtype == DType::kF32 ? prepared(std::make_shared<const Bf16Gemm<float>>(problem, kind))
                                                 : prepared(std::make_shared<const Bf16Gemm<bf16>>(problem, kind));
}

}  // namespace weft::kernels
