// SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/cuda_library.h"

#if defined(WEFT_CUDA_EMULATED)
#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/lasting.h"
#include "kernels/cudnn/cuda_emulated_conv.h"
#include "kernels/cudnn/cuda_emulated_node.h"
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

using Raw = std::shared_ptr<EmulatedNode>;

Status finalize(RawDescriptor raw) { return (*static_cast<Raw*>(raw))->finalize(); }

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
  EmulatedNode& node = **static_cast<Raw*>(raw);
  if (node.final) return failed(kBadParameter, "the descriptor is final");
  EmulatedValue value;
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
  const EmulatedNode& node = **static_cast<Raw*>(raw);
  if (!node.final) return failed(kNotFinalized, "the descriptor is not final");
  const auto engine = static_cast<EmulatedEngine>(node.conv.engine);
  if (name == Attribute::kHeuristicsResults) return fill(node.values.at(name).nodes, room, count, elements);
  if (name == Attribute::kPlanEngineConfig) return fill(node.values.at(name).nodes, room, count, elements);
  if (name == Attribute::kEngineConfigEngine) {
    auto made = std::make_shared<EmulatedNode>(EmulatedNode{DescriptorType::kEngine, true});
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
  const EmulatedNode &plan = **static_cast<Raw*>(raw_plan), &pack = **static_cast<Raw*>(raw_pack);
  if (!plan.final || !pack.final) return failed(kNotFinalized, "plan or variant pack is not final");
  const auto engine = static_cast<EmulatedEngine>(plan.conv.engine);
  if (engine != EmulatedEngine::kExact && engine != EmulatedEngine::kTensorCores)
    return failed(kExecutionFailed, "an engine that weft must avoid");
  const auto ids = pack.list<std::int64_t>(Attribute::kPackUniqueIds);
  const auto addresses = pack.list<void*>(Attribute::kPackDataPointers);
  void* tensors[3] = {};
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (int which = 0; which < 3; ++which)
      if (ids[i] == plan.conv.ids[which]) tensors[which] = addresses[i];
  for (const void* tensor : tensors) {
    if (!tensor) return failed(kBadParameter, "a tensor has no address");
    if (reinterpret_cast<std::uintptr_t>(tensor) % 16 != 0) return failed(kMisaligned, "a tensor is not aligned");
  }
  auto* const workspace = pack.one<void*>(Attribute::kPackWorkspace);
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
  std::strncpy(text, last_failure(), size - 1);
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
  *made = new Raw(std::make_shared<EmulatedNode>(EmulatedNode{type}));
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
