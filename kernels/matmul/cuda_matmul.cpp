// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/device/cuda/check.h"
#include "core/device/cuda/current_device.h"
#include "kernels/common/workspace.h"
#include "kernels/matmul/cuda_gemm.h"
#include "kernels/matmul/cuda_match.h"
#include "kernels/matmul/matmul.h"

namespace weft::kernels {

std::optional<exec::PreparedKernel> prepare_matmul_zeros(const exec::KernelRequest& request) {
  const auto bytes = static_cast<std::size_t>(request.outputs[0].bytes());
  if (bytes == 0) return exec::PreparedKernel{[](const Call&) {}};
  if (gemm_problem(request).k > 0) return std::nullopt;
  return exec::PreparedKernel{[bytes](const Call& call) {
    const cuda_backend::CurrentDevice current(call.device);
    WEFT_CUDA(cudaMemsetAsync(call.outputs[0].data, 0, bytes, static_cast<cudaStream_t>(call.stream)));
  }};
}

std::optional<exec::PreparedKernel> prepare_matmul_cublaslt(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  if (problem.k == 0 || request.outputs[0].bytes() == 0 || !has_gemm_library()) return std::nullopt;
  return prepare_gemm(problem, GemmEpilogue::kNone, request.device).value().kernel;
}

namespace {

// A product with what the library computes along with it.
class ByLibrary {
 public:
  ByLibrary(const exec::KernelRequest& request, const MatchedEpilogue& match, PreparedGemm gemm)
      : match_(match), gemm_(std::move(gemm)) {
    if (match.aux)
      for (const TensorSpec& output : request.outputs)
        space_ = std::max(space_, padded(static_cast<std::size_t>(output.bytes())));
    if (!match.operand) return;
    const TensorSpec& operand = request.inputs[input()];
    if (operand.dtype == match.result || operand.dtype == DType::kU8) return;
    const TensorSpec rounded{operand.shape, match.result};
    rounded_ = space_;
    space_ += padded(static_cast<std::size_t>(rounded.bytes()));
    const ir::Attributes to{{"dtype", match.result}};
    rounding_ = exec::prepare_kernel(
        {ir::OpId::of("cast"), to, std::span(&operand, 1), std::span(&rounded, 1), request.device, request.path});
  }

  bool anywhere() const { return gemm_.anywhere; }
  // Sets the kernel for operands that are not aligned as the library wants them.
  void set_otherwise(exec::PreparedKernel kernel) { otherwise_ = std::move(kernel); }
  std::size_t workspace() const {
    return std::max(space_ + std::max(gemm_.kernel.workspace, rounding_.workspace), otherwise_.workspace);
  }

  void run(const Call& call) const {
    auto* space = static_cast<std::byte*>(call.workspace.data);
    std::array<View, 3> inputs{bare(call.inputs[0]), bare(call.inputs[1]), bare(call.inputs[input()])};
    std::array<View, 2> outputs{bare(call.outputs[match_.output]),
                                bare(call.outputs[match_.aux.value_or(match_.output)])};
    if (otherwise_.run && !(aligned(inputs) && aligned(outputs))) {
      otherwise_.run(call);
      return;
    }
    // The library writes all results, whichever of them is read.
    for (View& output : outputs)
      if (!output.data) output.data = space;
    Call call_gemm = call;
    call_gemm.workspace.data = space + space_;
    if (rounding_.run) {
      const View rounded{space + rounded_, {{}, match_.result}};
      Call call_rounding = call_gemm;
      call_rounding.inputs = std::span(inputs).subspan(2);
      call_rounding.outputs = std::span(&rounded, 1);
      rounding_.run(call_rounding);
      inputs[2] = bare(rounded);
    }
    call_gemm.inputs = std::span(inputs).first(match_.operand ? 3 : 2);
    call_gemm.outputs = std::span(outputs).first(match_.aux ? 2 : 1);
    gemm_.kernel.run(call_gemm);
  }

 private:
  // Number of the node's input for the body's operand: one more, because the body's product has two inputs of the node.
  std::size_t input() const { return match_.operand.value_or(0) + 1; }
  // Without its shape: a copy would allocate.
  static View bare(const View& view) { return {view.data, {{}, view.spec.dtype}}; }
  static bool aligned(std::span<const View> views) {
    return std::all_of(views.begin(), views.end(),
                       [](const View& view) { return reinterpret_cast<std::uintptr_t>(view.data) % 256 == 0; });
  }

  MatchedEpilogue match_;
  PreparedGemm gemm_;
  exec::PreparedKernel rounding_;        // an f32 bias of 16-bit results is rounded first
  exec::PreparedKernel otherwise_;       // nothing where the library takes operands anywhere
  std::size_t space_ = 0, rounded_ = 0;  // offsets in the workspace: of theirs, and of the rounded bias
};

// The node by the library where it has what was matched, which follows from body, dtypes and shapes. `in_turn` makes
// what runs where operands are not aligned as the library wants them.
std::optional<exec::PreparedKernel> by_library(const exec::KernelRequest& request,
                                               const std::optional<MatchedEpilogue>& match, MatmulReference* in_turn) {
  GemmProblem problem = gemm_problem(request);
  if (!match || problem.k == 0 || problem.m * problem.n == 0 || !has_gemm_library()) return std::nullopt;
  problem.result = match->result;
  std::optional<PreparedGemm> gemm = prepare_gemm(problem, match->epilogue, request.device);
  if (!gemm) return std::nullopt;
  const auto kernel = std::make_shared<ByLibrary>(request, *match, std::move(*gemm));
  if (!kernel->anywhere()) kernel->set_otherwise(in_turn(request));
  return exec::PreparedKernel{[kernel](const Call& call) { kernel->run(call); }, kernel->workspace()};
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_epilogue_cublaslt(const exec::KernelRequest& request) {
  const auto match = match_epilogue(*request.region.graph, request.inputs[0].dtype);
  return by_library(request, match, prepare_epilogue_in_turn);
}

std::optional<exec::PreparedKernel> prepare_sums_cublaslt(const exec::KernelRequest& request) {
  const DType result = request.outputs[0].dtype;
  if (result == DType::kF64) return std::nullopt;
  MatchedEpilogue match;
  match.aux = 1;
  match.result = result;
  match.epilogue = request.attributes.integer("operand") == 0 ? GemmEpilogue::kSumsA : GemmEpilogue::kSumsB;
  return by_library(request, match, prepare_sums_in_turn);
}

}  // namespace weft::kernels
