// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

// The part of cuDNN 9's backend interface that weft calls. Declarations of weft's own, because cuDNN is no part of the
// CUDA toolkit and its headers may be missing. A test compares them with cudnn_graph.h where that is installed.
namespace weft::kernels::cudnn {

using Status = int;  // 0: success; thousands: 1 library, 2 bad parameter, 3 not supported, 4 internal, 5 execution
struct Context;
using Handle = Context*;
using RawDescriptor = void*;

enum class DescriptorType : int {
  kConvolution = 1,
  kEngine = 2,
  kEngineConfig = 3,
  kHeuristics = 4,
  kExecutionPlan = 5,
  kForward = 10,
  kBackwardFilter = 11,
  kBackwardData = 12,
  kOperationGraph = 15,
  kVariantPack = 16,
  kTensor = 17,
  kDeviceProperties = 38,
};

enum class Attribute : int {
  kConvolutionComputeType = 100,
  kConvolutionMode = 101,
  kConvolutionDilations = 102,
  kConvolutionStrides = 103,
  kConvolutionPostPaddings = 104,
  kConvolutionPrePaddings = 105,
  kConvolutionSpatialDims = 106,
  kHeuristicsMode = 200,
  kHeuristicsGraph = 201,
  kHeuristicsResults = 202,
  kHeuristicsDeviceProperties = 204,
  kEngineConfigEngine = 300,
  kPlanHandle = 400,
  kPlanEngineConfig = 401,
  kPlanWorkspaceSize = 402,
  kPlanJson = 405,
  kPlanDeviceProperties = 407,
  kForwardAlpha = 700,
  kForwardBeta = 701,
  kForwardConvolution = 702,
  kForwardW = 703,
  kForwardX = 704,
  kForwardY = 705,
  kBackwardDataAlpha = 706,
  kBackwardDataBeta = 707,
  kBackwardDataConvolution = 708,
  kBackwardDataW = 709,
  kBackwardDataDx = 710,
  kBackwardDataDy = 711,
  kBackwardFilterAlpha = 712,
  kBackwardFilterBeta = 713,
  kBackwardFilterConvolution = 714,
  kBackwardFilterDw = 715,
  kBackwardFilterX = 716,
  kBackwardFilterDy = 717,
  kGraphHandle = 800,
  kGraphOperations = 801,
  kTensorAlignment = 900,
  kTensorDataType = 901,
  kTensorDimensions = 902,
  kTensorStrides = 903,
  kTensorUniqueId = 906,
  kPackUniqueIds = 1000,
  kPackDataPointers = 1001,
  kPackWorkspace = 1003,
  kEngineNumericalNotes = 1303,
  kEngineBehaviorNotes = 1305,
  kDevicePropertiesId = 2700,
  kDevicePropertiesJson = 2702,
};

enum class AttributeType : int {
  kHandle = 0,
  kDataType = 1,
  kInt64 = 3,
  kFloat = 4,
  kDouble = 5,
  kPointer = 6,
  kConvolutionMode = 7,
  kHeuristicsMode = 8,
  kNumericalNote = 11,
  kDescriptor = 15,
  kBehaviorNote = 19,
  kInt32 = 23,
  kChar = 24,
};

enum class DataType : int { kF32 = 0, kF64 = 1, kF16 = 2, kBF16 = 9 };
enum class ConvolutionMode : int { kCrossCorrelation = 1 };
enum class HeuristicsMode : int { kFallback = 2, kA = 3 };
enum class NumericalNote : int {
  kTensorCore = 0,
  kDownConvertInputs = 1,
  kReducedPrecisionReduction = 2,
  kFft = 3,
  kNondeterministic = 4,
  kWinograd = 5,
};
enum class BehaviorNote : int { kRuntimeCompilation = 0 };
inline constexpr std::int64_t kMostNotes = 32;  // more than any version has

// The functions, by their names without "cudnn" and "Backend".
struct Functions {
  std::size_t (*get_version)();
  const char* (*get_error_string)(Status);
  void (*get_last_error_string)(char* text, std::size_t size);
  Status (*create)(Handle*);
  Status (*set_stream)(Handle, void* stream);
  Status (*create_descriptor)(DescriptorType, RawDescriptor*);
  Status (*destroy_descriptor)(RawDescriptor);
  Status (*set_attribute)(RawDescriptor, Attribute, AttributeType, std::int64_t count, const void* elements);
  Status (*get_attribute)(RawDescriptor, Attribute, AttributeType, std::int64_t room, std::int64_t* count,
                          void* elements);
  Status (*finalize)(RawDescriptor);
  Status (*execute)(Handle, RawDescriptor plan, RawDescriptor variant_pack);
};

}  // namespace weft::kernels::cudnn
