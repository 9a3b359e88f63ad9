// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/cuda_cudnn_graph.h"

#include <algorithm>
#include <span>

#include "core/base/check.h"
#include "kernels/conv/problem.h"

namespace weft::kernels {
namespace {

using cudnn::Attribute;
using cudnn::Descriptor;
using cudnn::DescriptorType;

constexpr std::int64_t kSmallWorkspace = std::int64_t{64} << 20;  // bytes

cudnn::DataType data_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return cudnn::DataType::kF32;
    case DType::kF64:
      return cudnn::DataType::kF64;
    case DType::kBF16:
      return cudnn::DataType::kBF16;
    case DType::kF16:
      return cudnn::DataType::kF16;
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  fail<DTypeError>("conv", "operands are ", dtype, ", want f32, f64, bf16 or f16");
}

cudnn::DataType compute_type(DType dtype) {
  return dtype == DType::kF64 ? cudnn::DataType::kF64 : cudnn::DataType::kF32;
}

std::int64_t product(const std::vector<std::int64_t>& sizes) {
  std::int64_t product = 1;
  for (const std::int64_t size : sizes) product *= size;
  return product;
}

std::vector<std::int64_t> channels_last_strides(const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> strides(sizes.size(), 1);
  std::int64_t step = sizes[1];
  for (std::size_t i = sizes.size(); i-- > 2; step *= sizes[i]) strides[i] = step;
  strides[0] = step;
  return strides;
}

// The graph of one operation; nothing where cuDNN refuses a part.
class GraphBuilder {
 public:
  GraphBuilder(const cudnn::Functions& functions, const ConvGraph& conv) : functions_(functions), conv_(conv) {}

  std::optional<Descriptor> graph(cudnn::Handle handle) {
    Descriptor graph(functions_, DescriptorType::kOperationGraph);
    std::optional<Descriptor> operation = this->operation();
    if (!operation) return std::nullopt;
    graph.set(Attribute::kGraphOperations, *operation);
    if (handle) graph.set(Attribute::kGraphHandle, handle);
    if (!graph.finalize("an operation graph")) return std::nullopt;
    return graph;
  }

 private:
  std::optional<Descriptor> tensor(std::int64_t id, const std::vector<std::int64_t>& sizes) {
    Descriptor tensor(functions_, DescriptorType::kTensor);
    tensor.set(Attribute::kTensorDataType, data_type(conv_.dtype));
    tensor.set(Attribute::kTensorDimensions, sizes);
    tensor.set(Attribute::kTensorStrides, channels_last_strides(sizes));
    tensor.set(Attribute::kTensorUniqueId, id);
    tensor.set(Attribute::kTensorAlignment, kConvAlignment);
    if (!tensor.finalize("a tensor")) return std::nullopt;
    return tensor;
  }

  std::optional<Descriptor> convolution() {
    Descriptor convolution(functions_, DescriptorType::kConvolution);
    convolution.set(Attribute::kConvolutionComputeType, compute_type(conv_.dtype));
    convolution.set(Attribute::kConvolutionMode, cudnn::ConvolutionMode::kCrossCorrelation);
    convolution.set(Attribute::kConvolutionSpatialDims, static_cast<std::int64_t>(conv_.stride.size()));
    convolution.set(Attribute::kConvolutionPrePaddings, conv_.low);
    convolution.set(Attribute::kConvolutionPostPaddings, conv_.high);
    convolution.set(Attribute::kConvolutionStrides, conv_.stride);
    convolution.set(Attribute::kConvolutionDilations, conv_.dilation);
    if (!convolution.finalize("a convolution")) return std::nullopt;
    return convolution;
  }

  // The names of an operation's parts, in the order image, filter, result.
  struct Names {
    DescriptorType type;
    Attribute image, filter, result, convolution, alpha, beta;
    std::int64_t image_id, filter_id, result_id;
  };
  Names names() const {
    switch (conv_.direction) {
      case ConvDirection::kForward:
        return {DescriptorType::kForward,
                Attribute::kForwardX,
                Attribute::kForwardW,
                Attribute::kForwardY,
                Attribute::kForwardConvolution,
                Attribute::kForwardAlpha,
                Attribute::kForwardBeta,
                kConvFirstInput,
                kConvSecondInput,
                kConvOutput};
      case ConvDirection::kInputGrad:
        return {DescriptorType::kBackwardData,
                Attribute::kBackwardDataDx,
                Attribute::kBackwardDataW,
                Attribute::kBackwardDataDy,
                Attribute::kBackwardDataConvolution,
                Attribute::kBackwardDataAlpha,
                Attribute::kBackwardDataBeta,
                kConvOutput,
                kConvSecondInput,
                kConvFirstInput};
      case ConvDirection::kWeightGrad:
        break;
    }
    return {DescriptorType::kBackwardFilter,
            Attribute::kBackwardFilterX,
            Attribute::kBackwardFilterDw,
            Attribute::kBackwardFilterDy,
            Attribute::kBackwardFilterConvolution,
            Attribute::kBackwardFilterAlpha,
            Attribute::kBackwardFilterBeta,
            kConvFirstInput,
            kConvOutput,
            kConvSecondInput};
  }

  std::optional<Descriptor> operation() {
    const Names name = names();
    const auto image = tensor(name.image_id, conv_.image), filter = tensor(name.filter_id, conv_.filter);
    const auto result = tensor(name.result_id, conv_.result), convolution = this->convolution();
    if (!image || !filter || !result || !convolution) return std::nullopt;
    Descriptor operation(functions_, name.type);
    operation.set(name.image, *image);
    operation.set(name.filter, *filter);
    operation.set(name.result, *result);
    operation.set(name.convolution, *convolution);
    if (conv_.dtype == DType::kF64)
      set_factors(operation, name, 1.0, 0.0);
    else
      set_factors(operation, name, 1.0f, 0.0f);
    if (!operation.finalize("an operation")) return std::nullopt;
    return operation;
  }
  template <class T>
  static void set_factors(Descriptor& operation, const Names& name, T one, T zero) {
    operation.set(name.alpha, one);
    operation.set(name.beta, zero);
  }

  const cudnn::Functions& functions_;
  const ConvGraph& conv_;
};

ConvDirection direction_of(const exec::KernelRequest& request) {
  if (request.op == ir::OpId::of("conv")) return ConvDirection::kForward;
  return request.op == ir::OpId::of("conv_input_grad") ? ConvDirection::kInputGrad : ConvDirection::kWeightGrad;
}

// Padding behind the last element that gives the result's size; elements that no window reaches need none.
std::int64_t high_padding(const ConvProblem& p, int axis) {
  const std::int64_t reached = (p.result[axis] - 1) * p.stride[axis] + (p.window[axis] - 1) * p.dilation[axis] + 1;
  return std::max<std::int64_t>(reached - p.low[axis] - p.image[axis], 0);
}

}  // namespace

std::string ConvGraph::text() const {
  std::string text = cat("weft conv 1, direction ", static_cast<int>(direction), ", ", dtype, ", tensor cores ",
                         tensor_cores, ", workspace ", policy().most_workspace);
  for (const auto* list : {&image, &filter, &result, &low, &high, &stride, &dilation}) {
    text += ';';
    for (const std::int64_t number : *list) text += cat(' ', number);
  }
  return text;
}

std::int64_t ConvGraph::bytes() const {
  return (product(image) + product(filter) + product(result)) * static_cast<std::int64_t>(size_of(dtype));
}

// Workspace for a copy of every tensor, which f32 plans make where they want another layout. Tensor cores round f32
// alone.
cudnn::PlanPolicy ConvGraph::policy() const {
  return {tensor_cores || dtype != DType::kF32, std::max(kSmallWorkspace, bytes())};
}

std::optional<ConvGraph> conv_graph(const exec::KernelRequest& request) {
  const ConvProblem p = conv_problem(request);
  ConvGraph graph;
  graph.direction = direction_of(request);
  graph.dtype = request.outputs[0].dtype;
  graph.tensor_cores = request.allow_tf32 || request.inputs[0].dtype != graph.dtype;
  graph.image = {p.n, p.channels};
  graph.filter = {p.filters, p.channels / p.groups};
  graph.result = {p.n, p.filters};
  // cuDNN has no kernels for one axis: the others have size 1.
  const bool has_depth = p.image[0] != 1 || p.window[0] != 1 || p.result[0] != 1 || p.low[0] != 0;
  for (int axis = has_depth ? 0 : 1; axis < kSpatialAxes; ++axis) {
    graph.image.push_back(p.image[axis]);
    graph.filter.push_back(p.window[axis]);
    graph.result.push_back(p.result[axis]);
    graph.low.push_back(p.low[axis]);
    graph.high.push_back(high_padding(p, axis));
    graph.stride.push_back(p.stride[axis]);
    graph.dilation.push_back(p.dilation[axis]);
  }
  const auto has_below = [](const std::vector<std::int64_t>& list, std::int64_t least) {
    return std::any_of(list.begin(), list.end(), [least](std::int64_t number) { return number < least; });
  };
  if (has_below(graph.image, 1) || has_below(graph.filter, 1) || has_below(graph.result, 1)) return std::nullopt;
  if (has_below(graph.low, 0)) return std::nullopt;
  return graph;
}

std::optional<cudnn::Plan> plan_conv(const cudnn::Target& target, const ConvGraph& graph, const KernelCache& cache) {
  const std::string key = graph.text();
  const std::lock_guard lock(target.mutex);
  if (std::optional<cudnn::Plan> plan = cudnn::read_plan(target, cache, key)) return plan;
  const std::optional<Descriptor> built = GraphBuilder(target.functions, graph).graph(target.handle);
  if (!built) return std::nullopt;
  std::optional<cudnn::Plan> plan = cudnn::find_plan(target, *built, graph.policy());
  if (plan) cudnn::write_plan(target, cache, key, *plan);
  return plan;
}

}  // namespace weft::kernels
