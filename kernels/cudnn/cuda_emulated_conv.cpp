// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_emulated_conv.h"

#if defined(WEFT_CUDA_EMULATED)
#include <array>
#include <bit>
#include <sstream>

#include "core/base/check.h"
#include "core/scalar/half.h"
#include "kernels/common/grid.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels::cudnn {
namespace {

constexpr int kImage = 0, kFilter = 1, kResult = 2;
using Numbers = std::array<std::int64_t, sizeof(EmulatedConv) / sizeof(std::int64_t)>;

std::int64_t count_of(const std::int64_t (&sizes)[5]) { return sizes[0] * sizes[1] * sizes[2] * sizes[3] * sizes[4]; }

__device__ double element(const void* data, std::int64_t dtype, std::int64_t at) {
  switch (static_cast<DataType>(dtype)) {
    case DataType::kF32:
      return static_cast<const float*>(data)[at];
    case DataType::kF64:
      return static_cast<const double*>(data)[at];
    case DataType::kF16:
      return static_cast<float>(static_cast<const f16*>(data)[at]);
    case DataType::kBF16:
      return static_cast<float>(static_cast<const bf16*>(data)[at]);
  }
  return 0;
}

// An f32 as tensor cores read it: 10 bits behind the point.
__device__ double as_tf32(double x) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(x));
  return std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu);
}

// The sums of output elements.
class Sum {
 public:
  __device__ Sum(const EmulatedConv& conv, const void* a, const void* b) : c_(conv), a_(a), b_(b) {}

  // `at`: indices of the output element, (n or filter, channel, 3 axes).
  __device__ double at(const std::int64_t (&at)[5]) {
    sum_ = 0;
    const std::int64_t group_channels = c_.sizes[kFilter][1], groups = c_.sizes[kImage][1] / group_channels;
    const std::int64_t group_filters = c_.sizes[kFilter][0] / groups;
    switch (static_cast<DescriptorType>(c_.operation)) {
      case DescriptorType::kForward:
        for (std::int64_t c = 0; c < group_channels; ++c)
          add_windows(at, {at[0], at[1] / group_filters * group_channels + c}, {at[1], c}, {at[0], at[1]});
        break;
      case DescriptorType::kBackwardData:
        for (std::int64_t f = 0; f < group_filters; ++f) {
          const std::int64_t filter = at[1] / group_channels * group_filters + f;
          add_windows(at, {at[0], at[1]}, {filter, at[1] % group_channels}, {at[0], filter});
        }
        break;
      case DescriptorType::kBackwardFilter:
        for (std::int64_t n = 0; n < c_.sizes[kImage][0]; ++n)
          add_windows(at, {n, at[0] / group_filters * group_channels + at[1]}, {at[0], at[1]}, {n, at[0]});
        break;
      default:
        break;
    }
    return sum_;
  }

 private:
  struct Row {
    std::int64_t first, channel;
  };

  // Walks over all places of the tensor that the output's place leaves open: windows, or results for a filter.
  __device__ void add_windows(const std::int64_t (&at)[5], Row image, Row filter, Row result) {
    const auto operation = static_cast<DescriptorType>(c_.operation);
    const std::int64_t(&open)[5] = c_.sizes[operation == DescriptorType::kBackwardFilter ? kResult : kFilter];
    for (std::int64_t i = 0; i < open[2] * open[3] * open[4]; ++i) {
      const std::int64_t free[3] = {i / open[4] / open[3], i / open[4] % open[3], i % open[4]};
      std::int64_t offsets[3] = {offset(kImage, image), offset(kFilter, filter), offset(kResult, result)};
      bool meets = true;
      for (int axis = 0; axis < 3; ++axis)
        meets = meets && add_axis(operation, axis, at[axis + 2], free[axis], offsets);
      if (meets) sum_ += operands(operation, offsets);
    }
  }
  __device__ std::int64_t offset(int tensor, Row row) const {
    return row.first * c_.strides[tensor][0] + row.channel * c_.strides[tensor][1];
  }

  // Adds the places on one axis to the offsets; false where they do not meet.
  __device__ bool add_axis(DescriptorType operation, int axis, std::int64_t fixed, std::int64_t open,
                           std::int64_t (&offsets)[3]) const {
    std::int64_t image = 0, window = open, result = fixed;
    if (operation == DescriptorType::kBackwardData) {
      image = fixed;
      const std::int64_t from = image + c_.low[axis] - window * c_.dilation[axis];
      if (from < 0 || from % c_.stride[axis] != 0) return false;
      result = from / c_.stride[axis];
    } else {
      if (operation == DescriptorType::kBackwardFilter) {
        window = fixed;
        result = open;
      }
      image = result * c_.stride[axis] - c_.low[axis] + window * c_.dilation[axis];
    }
    if (image < 0 || image >= c_.sizes[kImage][axis + 2] || result >= c_.sizes[kResult][axis + 2]) return false;
    offsets[kImage] += image * c_.strides[kImage][axis + 2];
    offsets[kFilter] += window * c_.strides[kFilter][axis + 2];
    offsets[kResult] += result * c_.strides[kResult][axis + 2];
    return true;
  }

  __device__ double operands(DescriptorType operation, const std::int64_t (&offsets)[3]) const {
    const int first = operation == DescriptorType::kBackwardData ? kResult : kImage;
    const int second = operation == DescriptorType::kBackwardFilter ? kResult : kFilter;
    double a = element(a_, c_.dtype, offsets[first]), b = element(b_, c_.dtype, offsets[second]);
    const bool rounds = c_.engine == static_cast<std::int64_t>(EmulatedEngine::kTensorCores) &&
                        c_.dtype == static_cast<std::int64_t>(DataType::kF32);
    return rounds ? as_tf32(a) * as_tf32(b) : a * b;
  }

  const EmulatedConv& c_;
  const void *a_, *b_;
  double sum_ = 0;
};

__global__ void emulated_conv_kernel(EmulatedConv conv, int output, std::int64_t count, const void* a, const void* b,
                                     double* sums) {
  for (std::int64_t i = first_element(); i < count; i += element_stride()) {
    std::int64_t at[5], rest = i;
    for (int axis = 4; axis >= 0; --axis) {
      at[axis] = rest % conv.sizes[output][axis];
      rest /= conv.sizes[output][axis];
    }
    sums[i] = Sum(conv, a, b).at(at);
  }
}

__global__ void emulated_rounding_kernel(EmulatedConv conv, int output, std::int64_t count, const double* sums,
                                         void* out) {
  for (std::int64_t i = first_element(); i < count; i += element_stride()) {
    std::int64_t at = 0, rest = i;
    for (int axis = 4; axis >= 0; --axis) {
      at += rest % conv.sizes[output][axis] * conv.strides[output][axis];
      rest /= conv.sizes[output][axis];
    }
    switch (static_cast<DataType>(conv.dtype)) {
      case DataType::kF32:
        static_cast<float*>(out)[at] = static_cast<float>(sums[i]);
        break;
      case DataType::kF64:
        static_cast<double*>(out)[at] = sums[i];
        break;
      case DataType::kF16:
        static_cast<f16*>(out)[at] = static_cast<f16>(static_cast<float>(sums[i]));
        break;
      case DataType::kBF16:
        static_cast<bf16*>(out)[at] = static_cast<bf16>(static_cast<float>(sums[i]));
        break;
    }
  }
}

}  // namespace

int EmulatedConv::output() const {
  const auto type = static_cast<DescriptorType>(operation);
  return type == DescriptorType::kForward ? kResult : type == DescriptorType::kBackwardData ? kImage : kFilter;
}

std::int64_t EmulatedConv::workspace() const {
  if (engine == static_cast<std::int64_t>(EmulatedEngine::kTooLarge)) return std::int64_t{1} << 50;
  return count_of(sizes[output()]) * static_cast<std::int64_t>(sizeof(double));
}

std::string text_of(const EmulatedConv& conv) {
  std::string text = "emulated plan";
  for (const std::int64_t number : std::bit_cast<Numbers>(conv)) text += cat(' ', number);
  return text;
}

std::optional<EmulatedConv> conv_of_text(const std::string& text) {
  std::istringstream in(text);
  std::string first, second;
  Numbers numbers{};
  in >> first >> second;
  for (std::int64_t& number : numbers) in >> number;
  const auto conv = std::bit_cast<EmulatedConv>(numbers);
  if (!in || text != text_of(conv)) return std::nullopt;
  return conv;
}

void run_emulated(const EmulatedConv& conv, void* const (&tensors)[3], void* workspace, const Call& call) {
  const int output = conv.output();
  const void* const a = tensors[output == kImage ? kResult : kImage];
  const void* const b = tensors[output == kFilter ? kResult : kFilter];
  const std::int64_t count = count_of(conv.sizes[output]);
  auto* const sums = static_cast<double*>(workspace);
  cuda::launch(emulated_conv_kernel, grid_for(count), dim3(kThreads), 0, call, conv, output, count, a, b, sums);
  cuda::launch(emulated_rounding_kernel, grid_for(count), dim3(kThreads), 0, call, conv, output, count, sums,
               tensors[output]);
}

}  // namespace weft::kernels::cudnn
#endif
