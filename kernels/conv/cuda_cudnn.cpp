// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/cuda_cudnn.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/device/cuda/current_device.h"
#include "kernels/common/workspace.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/cuda_cudnn_graph.h"
#include "kernels/cudnn/cuda_plan.h"
#include "kernels/cudnn/cuda_target.h"
#include "kernels/jit/cuda_kernel_cache.h"
#include "weft/log.h"

namespace weft::kernels {
namespace {

// Operands of a 16-bit type that a plan reads as f32, made in the workspace behind the plan's own bytes.
class WidenedOperands {
 public:
  WidenedOperands(const exec::KernelRequest& request, std::size_t begin) : end_(padded(begin)) {
    const DType result = request.outputs[0].dtype;
    if (request.inputs[0].dtype == result) return;
    const ir::Attributes to{{"dtype", result}};
    for (const TensorSpec& narrow : request.inputs) {
      const TensorSpec wide{narrow.shape, result};
      casts_.push_back({exec::prepare_kernel({ir::OpId::of("cast"), to, std::span(&narrow, 1), std::span(&wide, 1),
                                              request.device, request.path}),
                        wide, end_});
      end_ += padded(static_cast<std::size_t>(wide.bytes()));
    }
  }

  std::size_t end() const { return end_; }

  // The address of operand i as the plan reads it.
  void* operator()(std::size_t i, const Call& call) const {
    if (casts_.empty()) return call.inputs[i].data;
    const Cast& cast = casts_[i];
    const View to{static_cast<std::byte*>(call.workspace.data) + cast.offset, cast.wide};
    Call call_cast = call;
    call_cast.inputs = call.inputs.subspan(i, 1);
    call_cast.outputs = std::span(&to, 1);
    cast.kernel.run(call_cast);
    return to.data;
  }

 private:
  struct Cast {
    exec::PreparedKernel kernel;
    TensorSpec wide;
    std::size_t offset;  // of the f32 copy in the workspace
  };
  std::vector<Cast> casts_;
  std::size_t end_;
};

// A plan and the addresses of its latest run.
class ConvByCudnn {
 public:
  ConvByCudnn(const exec::KernelRequest& request, const cudnn::Target& target, cudnn::Plan plan,
              exec::PreparedKernel otherwise)
      : target_(target),
        plan_(std::move(plan)),
        operands_(request, static_cast<std::size_t>(plan_.workspace)),
        otherwise_(std::move(otherwise)) {}

  std::size_t workspace() const { return operands_.end(); }

  void run(const Call& call) const {
    if (!is_aligned(call.inputs[0]) || !is_aligned(call.inputs[1]) || !is_aligned(call.outputs[0])) {
      otherwise_.run(call);
      return;
    }
    const std::array<void*, 3> addresses{operands_(0, call), operands_(1, call), call.outputs[0].data};
    const cuda_backend::CurrentDevice current(call.device);
    const cudnn::Functions& library = target_.functions;
    const std::lock_guard lock(target_.mutex);
    pack(addresses, call.workspace.data);
    cudnn::check(library, library.set_stream(target_.handle, call.stream), "cudnnSetStream");
    cudnn::check(library, library.execute(target_.handle, plan_.descriptor.raw(), pack_->raw()), "cudnnBackendExecute");
  }

 private:
  static bool is_aligned(const View& view) {
    return reinterpret_cast<std::uintptr_t>(view.data) % static_cast<std::uintptr_t>(kConvAlignment) == 0;
  }

  // A recording repeats the addresses of the run before it, so its capture finds the pack made.
  void pack(const std::array<void*, 3>& addresses, void* workspace) const {
    if (pack_ && addresses == addresses_ && workspace == workspace_) return;
    cudnn::Descriptor made(target_.functions, cudnn::DescriptorType::kVariantPack);
    made.set(cudnn::Attribute::kPackUniqueIds,
             std::vector<std::int64_t>{kConvFirstInput, kConvSecondInput, kConvOutput});
    made.set(cudnn::Attribute::kPackDataPointers, std::vector<void*>(addresses.begin(), addresses.end()));
    made.set(cudnn::Attribute::kPackWorkspace, workspace);
    if (!made.finalize("a variant pack")) fail<DeviceError>("cudnn", "cuDNN refuses the addresses of a convolution");
    pack_ = std::move(made);
    addresses_ = addresses;
    workspace_ = workspace;
  }

  const cudnn::Target& target_;
  cudnn::Plan plan_;
  WidenedOperands operands_;
  exec::PreparedKernel otherwise_;  // for operands that are not aligned
  // Guarded by the target's mutex.
  mutable std::optional<cudnn::Descriptor> pack_;
  mutable std::array<void*, 3> addresses_{};
  mutable void* workspace_ = nullptr;
};

// The kernel on the request's device, where cuDNN starts there.
std::optional<exec::PreparedKernel> on_its_device(const exec::KernelRequest& request,
                                                  exec::PreparedKernel otherwise(const exec::KernelRequest&)) {
  const cudnn::Target* const target = conv_graph(request) ? cudnn::target_of(request.device.index()) : nullptr;
  if (!target) return std::nullopt;
  return conv_by_cudnn(*target, request, otherwise);
}

}  // namespace

std::optional<exec::PreparedKernel> conv_by_cudnn(const cudnn::Target& target, const exec::KernelRequest& request,
                                                  exec::PreparedKernel otherwise(const exec::KernelRequest&)) {
  const std::optional<ConvGraph> graph = conv_graph(request);
  if (!graph) return std::nullopt;
  try {
    const cuda_backend::CurrentDevice current(request.device.index());
    std::optional<cudnn::Plan> plan = plan_conv(target, *graph, KernelCache(kernel_cache_folder()));
    if (!plan) return std::nullopt;
    const auto kernel = std::make_shared<const ConvByCudnn>(request, target, *std::move(plan), otherwise(request));
    return exec::PreparedKernel{[kernel](const Call& call) { kernel->run(call); }, kernel->workspace()};
  } catch (const DeviceError& e) {
    log(LogLevel::kWarning, cat(e.what(), "; ", request.op.name(), " runs on a plain kernel, many times slower"));
    return std::nullopt;
  }
}

std::optional<exec::PreparedKernel> prepare_conv_cudnn(const exec::KernelRequest& request) {
  return on_its_device(request, prepare_conv_reference_cuda);
}
std::optional<exec::PreparedKernel> prepare_conv_input_grad_cudnn(const exec::KernelRequest& request) {
  return on_its_device(request, prepare_conv_input_grad_reference_cuda);
}
std::optional<exec::PreparedKernel> prepare_conv_weight_grad_cudnn(const exec::KernelRequest& request) {
  return on_its_device(request, prepare_conv_weight_grad_reference_cuda);
}

}  // namespace weft::kernels
