// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_library.h"

#if defined(WEFT_CUDA_EMULATED)
#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/lasting.h"
#include "kernels/cudnn/cuda_emulated_conv.h"
#include "weft/error.h"
#include "weft/kernel_call.h"

// cuDNN for the emulated device: the descriptors of one convolution, with the checks that the real library makes, plain
// loops, and engines that weft must know to avoid.
namespace weft::kernels::cudnn {

// The handle of the interface.
struct Context {
  int device;
  void* stream;
};

namespace {

constexpr Status kSuccess = 0, kBadParameter = 2000, kMisaligned = 2003, kNotFinalized = 2004, kShapeMismatch = 2008,
                 kWrongType = 2010, kUnsupported = 3000, kUnsupportedDataType = 3003, kExecutionFailed = 5000;

struct Node;
struct Value {
  AttributeType type;
  std::int64_t count = 0;
  std::vector<std::byte> bytes;
  std::vector<std::shared_ptr<Node>> nodes;  // of descriptors, which live as long as who refers to them
};
// A descriptor. What it describes stands in `conv` once it is final.
struct Node {
  DescriptorType type;
  bool final = false;
  std::map<Attribute, Value> values = {};
  EmulatedConv conv = {};
};
using Raw = std::shared_ptr<Node>;

thread_local const char* last_error = "";
Status failed(Status status, const char* why) {
  last_error = why;
  return status;
}

template <class T>
std::vector<T> list(const Node& node, Attribute name) {
  const auto found = node.values.find(name);
  if (found == node.values.end()) return {};
  std::vector<T> all(found->second.bytes.size() / sizeof(T));
  if (!all.empty()) std::memcpy(all.data(), found->second.bytes.data(), all.size() * sizeof(T));
  return all;
}
template <class T>
T one(const Node& node, Attribute name, T otherwise = {}) {
  const std::vector<T> all = list<T>(node, name);
  return all.size() == 1 ? all[0] : otherwise;
}
const Node* child(const Node& node, Attribute name, DescriptorType type) {
  const auto found = node.values.find(name);
  if (found == node.values.end() || found->second.nodes.size() != 1) return nullptr;
  const Node* const only = found->second.nodes[0].get();
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

Status finalize_convolution(Node& node) {
  const auto axes = static_cast<std::size_t>(one<std::int64_t>(node, Attribute::kConvolutionSpatialDims));
  if (axes != 2 && axes != 3) return failed(kBadParameter, "2 or 3 spatial axes are wanted");
  if (one<int>(node, Attribute::kConvolutionMode) != static_cast<int>(ConvolutionMode::kCrossCorrelation))
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
    const std::vector<std::int64_t> numbers = list<std::int64_t>(node, row.name);
    if (numbers.size() != axes) return failed(kBadParameter, "a convolution wants a number per axis");
    if (const Status status = spread(row.to, numbers, row.least)) return status;
  }
  return kSuccess;
}

Status finalize_tensor(const Node& node) {
  const auto sizes = list<std::int64_t>(node, Attribute::kTensorDimensions);
  const auto strides = list<std::int64_t>(node, Attribute::kTensorStrides);
  if (sizes.size() != strides.size() || sizes.size() < 4 || sizes.size() > 5)
    return failed(kBadParameter, "a tensor wants 4 or 5 sizes and as many strides");
  for (const std::int64_t size : sizes)
    if (size < 1) return failed(kBadParameter, "a size is not positive");
  if (one<std::int64_t>(node, Attribute::kTensorAlignment) < 1) return failed(kBadParameter, "no alignment");
  return kSuccess;
}

void put_tensor(EmulatedConv& conv, int which, const Node& tensor) {
  const auto sizes = list<std::int64_t>(tensor, Attribute::kTensorDimensions);
  const auto strides = list<std::int64_t>(tensor, Attribute::kTensorStrides);
  conv.ids[which] = one<std::int64_t>(tensor, Attribute::kTensorUniqueId);
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

Status finalize_operation(Node& node) {
  const Names names = names_of(node.type);
  const Node* const convolution = child(node, names.convolution, DescriptorType::kConvolution);
  const Node* tensors[3] = {};
  for (int i = 0; i < 3; ++i) tensors[i] = child(node, names.tensors[i], DescriptorType::kTensor);
  if (!convolution || !tensors[0] || !tensors[1] || !tensors[2])
    return failed(kNotFinalized, "a part of the operation is missing or not final");
  node.conv = convolution->conv;
  node.conv.operation = static_cast<std::int64_t>(node.type);
  node.conv.dtype = one<int>(*tensors[0], Attribute::kTensorDataType);
  for (int i = 0; i < 3; ++i) {
    if (one<int>(*tensors[i], Attribute::kTensorDataType) != node.conv.dtype)
      return failed(kUnsupportedDataType, "tensors of different types");
    put_tensor(node.conv, i, *tensors[i]);
  }
  const bool wide = node.conv.dtype == static_cast<int>(DataType::kF64);
  if (one<int>(*convolution, Attribute::kConvolutionComputeType, -1) !=
      static_cast<int>(wide ? DataType::kF64 : DataType::kF32))
    return failed(kUnsupportedDataType, "the compute type does not go with the tensors");
  const bool scaled = wide ? one(node, names.alpha, 0.0) != 1 || one(node, names.beta, 1.0) != 0
                           : one(node, names.alpha, 0.0f) != 1 || one(node, names.beta, 1.0f) != 0;
  if (scaled) return failed(kUnsupported, "only alpha = 1 and beta = 0 are emulated");
  return check_shapes(node.conv);
}

Status finalize_graph(Node& node) {
  const auto found = node.values.find(Attribute::kGraphOperations);
  if (found == node.values.end() || found->second.nodes.size() != 1 || !found->second.nodes[0]->final)
    return failed(kNotFinalized, "one final operation is wanted");
  node.conv = found->second.nodes[0]->conv;
  return kSuccess;
}

Raw config_of(const EmulatedConv& conv, EmulatedEngine engine) {
  auto config = std::make_shared<Node>(Node{DescriptorType::kEngineConfig, true});
  config->conv = conv;
  config->conv.engine = static_cast<std::int64_t>(engine);
  return config;
}

Status finalize_heuristics(Node& node) {
  const Node* const graph = child(node, Attribute::kHeuristicsGraph, DescriptorType::kOperationGraph);
  if (!graph) return failed(kNotFinalized, "no final graph");
  const bool fallback = one<int>(node, Attribute::kHeuristicsMode) == static_cast<int>(HeuristicsMode::kFallback);
  std::vector<EmulatedEngine> engines{EmulatedEngine::kExact};
  if (!fallback) {
    engines = {EmulatedEngine::kNondeterministic, EmulatedEngine::kDownConverting, EmulatedEngine::kTooLarge,
               EmulatedEngine::kFailing, EmulatedEngine::kCompiled};
    if (graph->conv.dtype != static_cast<int>(DataType::kF64)) engines.push_back(EmulatedEngine::kTensorCores);
  }
  Value& results = node.values[Attribute::kHeuristicsResults];
  results.type = AttributeType::kDescriptor;
  for (const EmulatedEngine engine : engines) results.nodes.push_back(config_of(graph->conv, engine));
  return kSuccess;
}

Status finalize_plan(Node& node) {
  if (const Node* config = child(node, Attribute::kPlanEngineConfig, DescriptorType::kEngineConfig)) {
    node.conv = config->conv;
  } else {
    const std::vector<char> text = list<char>(node, Attribute::kPlanJson);
    const auto conv = conv_of_text(std::string(text.begin(), text.end()));
    if (!conv) return failed(kBadParameter, "no plan in this text");
    node.conv = *conv;
  }
  if (node.conv.engine == static_cast<std::int64_t>(EmulatedEngine::kFailing))
    return failed(kUnsupported, "this engine has no kernel for the device");
  return kSuccess;
}

Status finalize(RawDescriptor raw) {
  Node& node = **static_cast<Raw*>(raw);
  Status status = kSuccess;
  switch (node.type) {
    case DescriptorType::kConvolution:
      status = finalize_convolution(node);
      break;
    case DescriptorType::kTensor:
      status = finalize_tensor(node);
      break;
    case DescriptorType::kForward:
    case DescriptorType::kBackwardFilter:
    case DescriptorType::kBackwardData:
      status = finalize_operation(node);
      break;
    case DescriptorType::kOperationGraph:
      status = finalize_graph(node);
      break;
    case DescriptorType::kHeuristics:
      status = finalize_heuristics(node);
      break;
    case DescriptorType::kExecutionPlan:
      status = finalize_plan(node);
      break;
    case DescriptorType::kVariantPack:
      if (list<std::int64_t>(node, Attribute::kPackUniqueIds).size() !=
          list<void*>(node, Attribute::kPackDataPointers).size())
        status = failed(kBadParameter, "a variant pack wants an address per tensor");
      break;
    // None for the emulated device itself, so that no test leaves plans in the user's cache.
    case DescriptorType::kDeviceProperties:
      if (!node.values.contains(Attribute::kDevicePropertiesJson))
        status = failed(kUnsupported, "the emulated device has no properties");
      break;
    case DescriptorType::kEngine:
    case DescriptorType::kEngineConfig:
      break;
  }
  node.final = status == kSuccess;
  return status;
}

std::size_t size_of(AttributeType type) {
  switch (type) {
    case AttributeType::kHandle:
    case AttributeType::kInt64:
    case AttributeType::kDouble:
    case AttributeType::kPointer:
    case AttributeType::kDescriptor:
      return 8;
    case AttributeType::kChar:
      return 1;
    case AttributeType::kDataType:
    case AttributeType::kFloat:
    case AttributeType::kConvolutionMode:
    case AttributeType::kHeuristicsMode:
    case AttributeType::kNumericalNote:
    case AttributeType::kBehaviorNote:
    case AttributeType::kInt32:
      break;
  }
  return 4;
}

Status set_attribute(RawDescriptor raw, Attribute name, AttributeType type, std::int64_t count, const void* elements) {
  Node& node = **static_cast<Raw*>(raw);
  if (node.final) return failed(kBadParameter, "the descriptor is final");
  Value value{type, count, {}, {}};
  if (type == AttributeType::kDescriptor) {
    for (std::int64_t i = 0; i < count; ++i)
      value.nodes.push_back(*static_cast<Raw*>(static_cast<const RawDescriptor*>(elements)[i]));
  } else {
    const auto* const first = static_cast<const std::byte*>(elements);
    value.bytes.assign(first, first + static_cast<std::size_t>(count) * size_of(type));
  }
  node.values[name] = std::move(value);
  return kSuccess;
}

// A list to the caller: as much as there is room for.
template <class T>
Status give(const std::vector<T>& all, std::int64_t room, std::int64_t* count, void* elements) {
  *count = static_cast<std::int64_t>(all.size());
  const std::size_t taken = std::min(all.size(), static_cast<std::size_t>(room));
  if (taken > 0) std::memcpy(elements, all.data(), taken * sizeof(T));
  return kSuccess;
}
Status give_text(const std::string& text, std::int64_t room, std::int64_t* count, void* elements) {
  return give(std::vector<char>(text.begin(), text.end()), room, count, elements);
}

// Puts descriptors into those that the caller has made. A question for the count alone gets one too many, because the
// real library tells an upper bound.
Status fill(const std::vector<Raw>& nodes, std::int64_t room, std::int64_t* count, void* elements) {
  *count = static_cast<std::int64_t>(nodes.size()) + (room == 0 ? 1 : 0);
  for (std::size_t i = 0; i < nodes.size() && i < static_cast<std::size_t>(room); ++i) {
    *static_cast<Raw*>(static_cast<RawDescriptor*>(elements)[i]) = nodes[i];
  }
  return kSuccess;
}

std::vector<NumericalNote> numerical_notes_of(EmulatedEngine engine) {
  switch (engine) {
    case EmulatedEngine::kNondeterministic:
      return {NumericalNote::kNondeterministic};
    case EmulatedEngine::kDownConverting:
      return {NumericalNote::kTensorCore, NumericalNote::kDownConvertInputs};
    case EmulatedEngine::kTensorCores:
      return {NumericalNote::kTensorCore};
    case EmulatedEngine::kTooLarge:
    case EmulatedEngine::kFailing:
    case EmulatedEngine::kCompiled:
    case EmulatedEngine::kExact:
      break;
  }
  return {};
}

Status get_attribute(RawDescriptor raw, Attribute name, AttributeType type, std::int64_t room, std::int64_t* count,
                     void* elements) {
  const Node& node = **static_cast<Raw*>(raw);
  if (!node.final) return failed(kNotFinalized, "the descriptor is not final");
  const auto engine = static_cast<EmulatedEngine>(node.conv.engine);
  if (name == Attribute::kHeuristicsResults) return fill(node.values.at(name).nodes, room, count, elements);
  if (name == Attribute::kPlanEngineConfig) return fill(node.values.at(name).nodes, room, count, elements);
  if (name == Attribute::kEngineConfigEngine) {
    auto made = std::make_shared<Node>(Node{DescriptorType::kEngine, true});
    made->conv = node.conv;
    return fill({made}, room, count, elements);
  }
  if (name == Attribute::kEngineNumericalNotes) return give(numerical_notes_of(engine), room, count, elements);
  if (name == Attribute::kEngineBehaviorNotes) {
    std::vector<BehaviorNote> notes;
    if (engine == EmulatedEngine::kCompiled) notes.push_back(BehaviorNote::kRuntimeCompilation);
    return give(notes, room, count, elements);
  }
  if (name == Attribute::kPlanWorkspaceSize) {
    if (type != AttributeType::kInt64) return failed(kWrongType, "a size in bytes is an i64");
    return give(std::vector<std::int64_t>{node.conv.workspace()}, room, count, elements);
  }
  if (name == Attribute::kPlanJson) return give_text(text_of(node.conv), room, count, elements);
  if (name == Attribute::kDevicePropertiesJson)
    return give_text(R"({"deviceName": "emulated"})", room, count, elements);
  return failed(kUnsupported, "this attribute is not emulated");
}

// Only engines that weft may choose run.
Status execute(Handle handle, RawDescriptor raw_plan, RawDescriptor raw_pack) {
  const Node &plan = **static_cast<Raw*>(raw_plan), &pack = **static_cast<Raw*>(raw_pack);
  if (!plan.final || !pack.final) return failed(kNotFinalized, "plan or variant pack is not final");
  const auto engine = static_cast<EmulatedEngine>(plan.conv.engine);
  if (engine != EmulatedEngine::kExact && engine != EmulatedEngine::kTensorCores)
    return failed(kExecutionFailed, "an engine that weft must avoid");
  const auto ids = list<std::int64_t>(pack, Attribute::kPackUniqueIds);
  const auto addresses = list<void*>(pack, Attribute::kPackDataPointers);
  void* tensors[3] = {};
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (int which = 0; which < 3; ++which)
      if (ids[i] == plan.conv.ids[which]) tensors[which] = addresses[i];
  for (const void* tensor : tensors) {
    if (!tensor) return failed(kBadParameter, "a tensor has no address");
    if (reinterpret_cast<std::uintptr_t>(tensor) % 16 != 0) return failed(kMisaligned, "a tensor is not aligned");
  }
  auto* const workspace = one<void*>(pack, Attribute::kPackWorkspace);
  if (!workspace) return failed(kBadParameter, "no workspace");
  Call call;
  call.stream = handle->stream;
  call.device = handle->device;
  try {
    run_emulated(plan.conv, tensors, workspace, call);
  } catch (const DeviceError&) {
    return failed(kExecutionFailed, "a launch failed");
  }
  return kSuccess;
}

std::size_t get_version() { return 91900; }
const char* get_error_string(Status status) {
  return status == kMisaligned        ? "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER"
         : status / 1000 == 2         ? "CUDNN_STATUS_BAD_PARAM"
         : status / 1000 == 3         ? "CUDNN_STATUS_NOT_SUPPORTED"
         : status == kExecutionFailed ? "CUDNN_STATUS_EXECUTION_FAILED"
                                      : "CUDNN_STATUS_INTERNAL_ERROR";
}
void get_last_error_string(char* text, std::size_t size) {
  std::strncpy(text, last_error, size - 1);
  text[size - 1] = '\0';
}
Status create(Handle* handle) {
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) return failed(kExecutionFailed, "no device");
  static const Lasting<std::vector<std::unique_ptr<Context>>> handles;  // kept until the process ends
  handles->push_back(std::make_unique<Context>(Context{device, nullptr}));
  *handle = handles->back().get();
  return kSuccess;
}
Status set_stream(Handle handle, void* stream) {
  handle->stream = stream;
  return kSuccess;
}
Status create_descriptor(DescriptorType type, RawDescriptor* made) {
  *made = new Raw(std::make_shared<Node>(Node{type}));
  return kSuccess;
}
Status destroy_descriptor(RawDescriptor raw) {
  delete static_cast<Raw*>(raw);
  return kSuccess;
}

}  // namespace

const Functions& library() {
  static const Functions functions{
      get_version,        get_error_string, get_last_error_string, create,   set_stream, create_descriptor,
      destroy_descriptor, set_attribute,    get_attribute,         finalize, execute};
  return functions;
}

}  // namespace weft::kernels::cudnn
#endif
