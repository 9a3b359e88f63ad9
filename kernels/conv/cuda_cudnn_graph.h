// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/exec/kernel.h"
#include "kernels/cudnn/cuda_plan.h"

namespace weft::kernels {

enum class ConvDirection : std::uint8_t { kForward, kInputGrad, kWeightGrad };

// A convolution in cuDNN's terms: 2 or 3 spatial axes, sizes as (n, channels, axes...), channels innermost in memory.
struct ConvGraph {
  ConvDirection direction = ConvDirection::kForward;
  DType dtype = DType::kF32;
  bool tensor_cores = false;  // f32 operands may be rounded to TF32
  std::vector<std::int64_t> image, filter, result;
  std::vector<std::int64_t> low, high, stride, dilation;

  // All that a plan depends on, but for the device: the key of a cache.
  std::string text() const;
  std::int64_t bytes() const;  // of image, filter and result together
  cudnn::PlanPolicy policy() const;
};

// The tensors' numbers in a variant pack.
inline constexpr std::int64_t kConvFirstInput = 1, kConvSecondInput = 2, kConvOutput = 3;

// Alignment of the tensors in bytes, which cuDNN's kernels for 16-bit types want.
inline constexpr std::int64_t kConvAlignment = 16;

// The graph in the result's dtype; nothing where a size is 0 or a padding is negative. cuDNN has no f32 results of
// 16-bit operands: those are made f32 first, and lose nothing as TF32, which has 10 bits behind the point as f16 has.
std::optional<ConvGraph> conv_graph(const exec::KernelRequest& request);

// The plan of the cache, or one that is made and put there. Nothing where cuDNN has none; throws DeviceError where the
// library fails.
std::optional<cudnn::Plan> plan_conv(const cudnn::Target& target, const ConvGraph& graph, const KernelCache& cache);

}  // namespace weft::kernels
