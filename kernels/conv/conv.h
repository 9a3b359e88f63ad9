// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/candidate.h"

namespace weft::kernels {

std::optional<exec::PreparedKernel> prepare_conv_depthwise(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_input_grad_depthwise(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_weight_grad_depthwise(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_patches(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_input_grad_patches(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_weight_grad_patches(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_depthwise_cuda(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_input_grad_depthwise_cuda(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_weight_grad_depthwise_cuda(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_cudnn(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_input_grad_cudnn(const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_conv_weight_grad_cudnn(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_reference_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_input_grad_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_input_grad_reference_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_weight_grad_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_conv_weight_grad_reference_cuda(const exec::KernelRequest& request);

// A filter per channel; on the CPU products of patches and filters, on CUDA the library; the plain sums.
inline constexpr exec::Candidate conv_cpu[] = {{"depthwise", prepare_conv_depthwise},
                                               {"patches", prepare_conv_patches},
                                               {"reference", exec::always<prepare_conv_reference_cpu>}};
inline constexpr exec::Candidate conv_cuda[] = {{"depthwise", prepare_conv_depthwise_cuda},
                                                {"cudnn", prepare_conv_cudnn},
                                                {"reference", exec::always<prepare_conv_reference_cuda>}};
inline constexpr exec::Candidate conv_input_grad_cpu[] = {
    {"depthwise", prepare_conv_input_grad_depthwise},
    {"patches", prepare_conv_input_grad_patches},
    {"reference", exec::always<prepare_conv_input_grad_reference_cpu>}};
inline constexpr exec::Candidate conv_input_grad_cuda[] = {
    {"depthwise", prepare_conv_input_grad_depthwise_cuda},
    {"cudnn", prepare_conv_input_grad_cudnn},
    {"reference", exec::always<prepare_conv_input_grad_reference_cuda>}};
inline constexpr exec::Candidate conv_weight_grad_cpu[] = {
    {"depthwise", prepare_conv_weight_grad_depthwise},
    {"patches", prepare_conv_weight_grad_patches},
    {"reference", exec::always<prepare_conv_weight_grad_reference_cpu>}};
inline constexpr exec::Candidate conv_weight_grad_cuda[] = {
    {"depthwise", prepare_conv_weight_grad_depthwise_cuda},
    {"cudnn", prepare_conv_weight_grad_cudnn},
    {"reference", exec::always<prepare_conv_weight_grad_reference_cuda>}};

}  // namespace weft::kernels
