// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_emulated_node.h"

#if defined(WEFT_CUDA_EMULATED)
#include <string>

namespace weft::kernels::cudnn {
namespace {

thread_local const char* reason = "";

const EmulatedNode* child(const EmulatedNode& node, Attribute name, DescriptorType type) {
  const auto found = node.values.find(name);
  if (found == node.values.end() || found->second.nodes.size() != 1) return nullptr;
  const EmulatedNode* const only = found->second.nodes[0].get();
  return only->final && only->type == type ? only : nullptr;
}

// Numbers of the spatial axes, on the last of three.
Status spread(std::int64_t (&to)[3], const std::vector<std::int64_t>& from, std::int64_t least) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < least) return failed(kBadParameter, "a padding, stride or dilation is too small");
    to[3 - from.size() + i] = from[i];
  }
  return kSuccess;
}

Status finalize_convolution(EmulatedNode& node) {
  const auto axes = static_cast<std::size_t>(node.one<std::int64_t>(Attribute::kConvolutionSpatialDims));
  if (axes != 2 && axes != 3) return failed(kBadParameter, "2 or 3 spatial axes are wanted");
  if (node.one<int>(Attribute::kConvolutionMode) != static_cast<int>(ConvolutionMode::kCrossCorrelation))
    return failed(kUnsupported, "only cross correlation is emulated");
  const struct {
    Attribute name;
    std::int64_t (&to)[3];
    std::int64_t least;
  } rows[] = {{Attribute::kConvolutionPrePaddings, node.conv.low, 0},
              {Attribute::kConvolutionPostPaddings, node.conv.high, 0},
              {Attribute::kConvolutionStrides, node.conv.stride, 1},
              {Attribute::kConvolutionDilations, node.conv.dilation, 1}};
  for (const auto& row : rows) {
    const std::vector<std::int64_t> numbers = node.list<std::int64_t>(row.name);
    if (numbers.size() != axes) return failed(kBadParameter, "a convolution wants a number per axis");
    if (const Status status = spread(row.to, numbers, row.least)) return status;
  }
  return kSuccess;
}

Status finalize_tensor(const EmulatedNode& node) {
  const auto sizes = node.list<std::int64_t>(Attribute::kTensorDimensions);
  const auto strides = node.list<std::int64_t>(Attribute::kTensorStrides);
  if (sizes.size() != strides.size() || sizes.size() < 4 || sizes.size() > 5)
    return failed(kBadParameter, "a tensor wants 4 or 5 sizes and as many strides");
  for (const std::int64_t size : sizes)
    if (size < 1) return failed(kBadParameter, "a size is not positive");
  if (node.one<std::int64_t>(Attribute::kTensorAlignment) < 1) return failed(kBadParameter, "no alignment");
  return kSuccess;
}

void put_tensor(EmulatedConv& conv, int which, const EmulatedNode& tensor) {
  const auto sizes = tensor.list<std::int64_t>(Attribute::kTensorDimensions);
  const auto strides = tensor.list<std::int64_t>(Attribute::kTensorStrides);
  conv.ids[which] = tensor.one<std::int64_t>(Attribute::kTensorUniqueId);
  conv.sizes[which][2] = 1;  // of images of two axes
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::size_t axis = i < 2 ? i : i + 5 - sizes.size();
    conv.sizes[which][axis] = sizes[i];
    conv.strides[which][axis] = strides[i];
  }
}

Status check_shapes(const EmulatedConv& c) {
  const auto& [image, filter, result] = c.sizes;
  if (image[1] % filter[1] != 0 || filter[0] % (image[1] / filter[1]) != 0)
    return failed(kShapeMismatch, "groups do not divide the channels");
  if (image[0] != result[0] || filter[0] != result[1]) return failed(kShapeMismatch, "batch or filters differ");
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t span = (filter[axis + 2] - 1) * c.dilation[axis] + 1;
    const std::int64_t room = image[axis + 2] + c.low[axis] + c.high[axis] - span;
    if (room < 0 || room / c.stride[axis] + 1 != result[axis + 2])
      return failed(kShapeMismatch, "the result's size is not that of image, window and padding");
  }
  return kSuccess;
}

// Names of an operation's attributes, in the order image, filter, result.
struct Names {
  Attribute tensors[3], convolution, alpha, beta;
};
Names names_of(DescriptorType type) {
  switch (type) {
    case DescriptorType::kForward:
      return {{Attribute::kForwardX, Attribute::kForwardW, Attribute::kForwardY},
              Attribute::kForwardConvolution,
              Attribute::kForwardAlpha,
              Attribute::kForwardBeta};
    case DescriptorType::kBackwardData:
      return {{Attribute::kBackwardDataDx, Attribute::kBackwardDataW, Attribute::kBackwardDataDy},
              Attribute::kBackwardDataConvolution,
              Attribute::kBackwardDataAlpha,
              Attribute::kBackwardDataBeta};
    default:
      return {{Attribute::kBackwardFilterX, Attribute::kBackwardFilterDw, Attribute::kBackwardFilterDy},
              Attribute::kBackwardFilterConvolution,
              Attribute::kBackwardFilterAlpha,
              Attribute::kBackwardFilterBeta};
  }
}

Status finalize_operation(EmulatedNode& node) {
  const Names names = names_of(node.type);
  const EmulatedNode* const convolution = child(node, names.convolution, DescriptorType::kConvolution);
  const EmulatedNode* tensors[3] = {};
  for (int i = 0; i < 3; ++i) tensors[i] = child(node, names.tensors[i], DescriptorType::kTensor);
  if (!convolution || !tensors[0] || !tensors[1] || !tensors[2])
    return failed(kNotFinalized, "a part of the operation is missing or not final");
  node.conv = convolution->conv;
  node.conv.operation = static_cast<std::int64_t>(node.type);
  node.conv.dtype = tensors[0]->one<int>(Attribute::kTensorDataType);
  for (int i = 0; i < 3; ++i) {
    if (tensors[i]->one<int>(Attribute::kTensorDataType) != node.conv.dtype)
      return failed(kUnsupportedDataType, "tensors of different types");
    put_tensor(node.conv, i, *tensors[i]);
  }
  const bool wide = node.conv.dtype == static_cast<int>(DataType::kF64);
  if (convolution->one<int>(Attribute::kConvolutionComputeType, -1) !=
      static_cast<int>(wide ? DataType::kF64 : DataType::kF32))
    return failed(kUnsupportedDataType, "the compute type does not go with the tensors");
  const bool scaled = wide ? node.one(names.alpha, 0.0) != 1 || node.one(names.beta, 1.0) != 0
                           : node.one(names.alpha, 0.0f) != 1 || node.one(names.beta, 1.0f) != 0;
  if (scaled) return failed(kUnsupported, "only alpha = 1 and beta = 0 are emulated");
  return check_shapes(node.conv);
}

Status finalize_graph(EmulatedNode& node) {
  const auto found = node.values.find(Attribute::kGraphOperations);
  if (found == node.values.end() || found->second.nodes.size() != 1 || !found->second.nodes[0]->final)
    return failed(kNotFinalized, "one final operation is wanted");
  node.conv = found->second.nodes[0]->conv;
  return kSuccess;
}

std::shared_ptr<EmulatedNode> config_of(const EmulatedConv& conv, EmulatedEngine engine) {
  auto config = std::make_shared<EmulatedNode>(EmulatedNode{DescriptorType::kEngineConfig, true});
  config->conv = conv;
  config->conv.engine = static_cast<std::int64_t>(engine);
  return config;
}

Status finalize_heuristics(EmulatedNode& node) {
  const EmulatedNode* const graph = child(node, Attribute::kHeuristicsGraph, DescriptorType::kOperationGraph);
  if (!graph) return failed(kNotFinalized, "no final graph");
  const bool fallback = node.one<int>(Attribute::kHeuristicsMode) == static_cast<int>(HeuristicsMode::kFallback);
  std::vector<EmulatedEngine> engines{EmulatedEngine::kExact};
  if (!fallback) {
    engines = {EmulatedEngine::kNondeterministic, EmulatedEngine::kDownConverting, EmulatedEngine::kTooLarge,
               EmulatedEngine::kFailing, EmulatedEngine::kCompiled};
    if (graph->conv.dtype != static_cast<int>(DataType::kF64)) engines.push_back(EmulatedEngine::kTensorCores);
  }
  EmulatedValue& results = node.values[Attribute::kHeuristicsResults];
  for (const EmulatedEngine engine : engines) results.nodes.push_back(config_of(graph->conv, engine));
  return kSuccess;
}

Status finalize_plan(EmulatedNode& node) {
  if (const EmulatedNode* config = child(node, Attribute::kPlanEngineConfig, DescriptorType::kEngineConfig)) {
    node.conv = config->conv;
  } else {
    const std::vector<char> text = node.list<char>(Attribute::kPlanJson);
    const auto conv = conv_of_text(std::string(text.begin(), text.end()));
    if (!conv) return failed(kBadParameter, "no plan in this text");
    node.conv = *conv;
  }
  if (node.conv.engine == static_cast<std::int64_t>(EmulatedEngine::kFailing))
    return failed(kUnsupported, "this engine has no kernel for the device");
  return kSuccess;
}

}  // namespace

Status EmulatedNode::finalize() {
  Status status = kSuccess;
  switch (type) {
    case DescriptorType::kConvolution:
      status = finalize_convolution(*this);
      break;
    case DescriptorType::kTensor:
      status = finalize_tensor(*this);
      break;
    case DescriptorType::kForward:
    case DescriptorType::kBackwardFilter:
    case DescriptorType::kBackwardData:
      status = finalize_operation(*this);
      break;
    case DescriptorType::kOperationGraph:
      status = finalize_graph(*this);
      break;
    case DescriptorType::kHeuristics:
      status = finalize_heuristics(*this);
      break;
    case DescriptorType::kExecutionPlan:
      status = finalize_plan(*this);
      break;
    case DescriptorType::kVariantPack:
      if (list<std::int64_t>(Attribute::kPackUniqueIds).size() != list<void*>(Attribute::kPackDataPointers).size())
        status = failed(kBadParameter, "a variant pack wants an address per tensor");
      break;
    // None for the emulated device itself, so that no test leaves plans in the user's cache.
    case DescriptorType::kDeviceProperties:
      if (!values.contains(Attribute::kDevicePropertiesJson))
        status = failed(kUnsupported, "the emulated device has no properties");
      break;
    case DescriptorType::kEngine:
    case DescriptorType::kEngineConfig:
      break;
  }
  final = status == kSuccess;
  return status;
}

Status failed(Status status, const char* why) {
  reason = why;
  return status;
}
const char* last_failure() { return reason; }

}  // namespace weft::kernels::cudnn
#endif
