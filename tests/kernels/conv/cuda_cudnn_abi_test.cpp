// SPDX-License-Identifier: Apache-2.0
#if !defined(WEFT_CUDA_EMULATED)
#include "kernels/cudnn/cuda_abi.h"

#include <gtest/gtest.h>
#if __has_include(<cudnn_graph.h>)
#include <cudnn_graph.h>

#include <type_traits>
#endif

namespace weft::testing {
using namespace kernels;
namespace {

#if __has_include(<cudnn_graph.h>)
// Parameters and result of a function as what they are passed as: enums as int, pointers as void*.
template <class T>
struct Passed {
  using type = T;
};
template <class T>
requires std::is_enum_v<T>
struct Passed<T> {
  using type = int;
};
template <class T>
requires std::is_pointer_v<T>
struct Passed<T> {
  using type = void*;
};
template <class F>
struct Signature;
template <class R, class... P>
struct Signature<R (*)(P...)> {
  using type = typename Passed<R>::type (*)(typename Passed<P>::type...);
};
template <class Ours, class Theirs>
constexpr bool kAlike = std::is_same_v<typename Signature<Ours>::type, typename Signature<Theirs>::type>;

TEST(CudnnAbi, HasTheFunctionsOfTheHeader) {
  using F = cudnn::Functions;
  static_assert(kAlike<decltype(F::get_version), decltype(&cudnnGetVersion)>);
  static_assert(kAlike<decltype(F::get_error_string), decltype(&cudnnGetErrorString)>);
  static_assert(kAlike<decltype(F::get_last_error_string), decltype(&cudnnGetLastErrorString)>);
  static_assert(kAlike<decltype(F::create), decltype(&cudnnCreate)>);
  static_assert(kAlike<decltype(F::set_stream), decltype(&cudnnSetStream)>);
  static_assert(kAlike<decltype(F::create_descriptor), decltype(&cudnnBackendCreateDescriptor)>);
  static_assert(kAlike<decltype(F::destroy_descriptor), decltype(&cudnnBackendDestroyDescriptor)>);
  static_assert(kAlike<decltype(F::set_attribute), decltype(&cudnnBackendSetAttribute)>);
  static_assert(kAlike<decltype(F::get_attribute), decltype(&cudnnBackendGetAttribute)>);
  static_assert(kAlike<decltype(F::finalize), decltype(&cudnnBackendFinalize)>);
  static_assert(kAlike<decltype(F::execute), decltype(&cudnnBackendExecute)>);
  static_assert(CUDNN_NUMERICAL_NOTE_TYPE_COUNT <= cudnn::kMostNotes);
  static_assert(CUDNN_BEHAVIOR_NOTE_TYPE_COUNT <= cudnn::kMostNotes);
}

TEST(CudnnAbi, HasTheNumbersOfTheHeader) {
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kConvolution),
            static_cast<int>(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kEngine), static_cast<int>(CUDNN_BACKEND_ENGINE_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kEngineConfig),
            static_cast<int>(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kHeuristics),
            static_cast<int>(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kExecutionPlan),
            static_cast<int>(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kForward),
            static_cast<int>(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kBackwardFilter),
            static_cast<int>(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kBackwardData),
            static_cast<int>(CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kOperationGraph),
            static_cast<int>(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kVariantPack),
            static_cast<int>(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kTensor), static_cast<int>(CUDNN_BACKEND_TENSOR_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::DescriptorType::kDeviceProperties),
            static_cast<int>(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionComputeType),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_COMP_TYPE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionMode), static_cast<int>(CUDNN_ATTR_CONVOLUTION_CONV_MODE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionDilations),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_DILATIONS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionStrides),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionPostPaddings),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionPrePaddings),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kConvolutionSpatialDims),
            static_cast<int>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kHeuristicsMode), static_cast<int>(CUDNN_ATTR_ENGINEHEUR_MODE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kHeuristicsGraph),
            static_cast<int>(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kHeuristicsResults), static_cast<int>(CUDNN_ATTR_ENGINEHEUR_RESULTS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kHeuristicsDeviceProperties),
            static_cast<int>(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kEngineConfigEngine), static_cast<int>(CUDNN_ATTR_ENGINECFG_ENGINE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPlanHandle), static_cast<int>(CUDNN_ATTR_EXECUTION_PLAN_HANDLE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPlanEngineConfig),
            static_cast<int>(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPlanWorkspaceSize),
            static_cast<int>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPlanJson),
            static_cast<int>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPlanDeviceProperties),
            static_cast<int>(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardAlpha),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardBeta),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardConvolution),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardW),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardX),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kForwardY),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataAlpha),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataBeta),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataConvolution),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataW),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataDx),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardDataDy),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterAlpha),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterBeta),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterConvolution),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterDw),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterX),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kBackwardFilterDy),
            static_cast<int>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kGraphHandle), static_cast<int>(CUDNN_ATTR_OPERATIONGRAPH_HANDLE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kGraphOperations), static_cast<int>(CUDNN_ATTR_OPERATIONGRAPH_OPS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kTensorAlignment), static_cast<int>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kTensorDataType), static_cast<int>(CUDNN_ATTR_TENSOR_DATA_TYPE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kTensorDimensions), static_cast<int>(CUDNN_ATTR_TENSOR_DIMENSIONS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kTensorStrides), static_cast<int>(CUDNN_ATTR_TENSOR_STRIDES));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kTensorUniqueId), static_cast<int>(CUDNN_ATTR_TENSOR_UNIQUE_ID));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPackUniqueIds), static_cast<int>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPackDataPointers),
            static_cast<int>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kPackWorkspace), static_cast<int>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kEngineNumericalNotes),
            static_cast<int>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kEngineBehaviorNotes),
            static_cast<int>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kDevicePropertiesId), static_cast<int>(CUDNN_ATTR_DEVICEPROP_DEVICE_ID));
  EXPECT_EQ(static_cast<int>(cudnn::Attribute::kDevicePropertiesJson),
            static_cast<int>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kHandle), static_cast<int>(CUDNN_TYPE_HANDLE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kDataType), static_cast<int>(CUDNN_TYPE_DATA_TYPE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kInt64), static_cast<int>(CUDNN_TYPE_INT64));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kFloat), static_cast<int>(CUDNN_TYPE_FLOAT));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kDouble), static_cast<int>(CUDNN_TYPE_DOUBLE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kPointer), static_cast<int>(CUDNN_TYPE_VOID_PTR));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kConvolutionMode), static_cast<int>(CUDNN_TYPE_CONVOLUTION_MODE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kHeuristicsMode), static_cast<int>(CUDNN_TYPE_HEUR_MODE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kNumericalNote), static_cast<int>(CUDNN_TYPE_NUMERICAL_NOTE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kDescriptor), static_cast<int>(CUDNN_TYPE_BACKEND_DESCRIPTOR));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kBehaviorNote), static_cast<int>(CUDNN_TYPE_BEHAVIOR_NOTE));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kInt32), static_cast<int>(CUDNN_TYPE_INT32));
  EXPECT_EQ(static_cast<int>(cudnn::AttributeType::kChar), static_cast<int>(CUDNN_TYPE_CHAR));
  EXPECT_EQ(static_cast<int>(cudnn::DataType::kF32), static_cast<int>(CUDNN_DATA_FLOAT));
  EXPECT_EQ(static_cast<int>(cudnn::DataType::kF64), static_cast<int>(CUDNN_DATA_DOUBLE));
  EXPECT_EQ(static_cast<int>(cudnn::DataType::kF16), static_cast<int>(CUDNN_DATA_HALF));
  EXPECT_EQ(static_cast<int>(cudnn::DataType::kBF16), static_cast<int>(CUDNN_DATA_BFLOAT16));
  EXPECT_EQ(static_cast<int>(cudnn::ConvolutionMode::kCrossCorrelation), static_cast<int>(CUDNN_CROSS_CORRELATION));
  EXPECT_EQ(static_cast<int>(cudnn::HeuristicsMode::kFallback), static_cast<int>(CUDNN_HEUR_MODE_FALLBACK));
  EXPECT_EQ(static_cast<int>(cudnn::HeuristicsMode::kA), static_cast<int>(CUDNN_HEUR_MODE_A));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kTensorCore), static_cast<int>(CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kDownConvertInputs),
            static_cast<int>(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kReducedPrecisionReduction),
            static_cast<int>(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kFft), static_cast<int>(CUDNN_NUMERICAL_NOTE_FFT));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kNondeterministic),
            static_cast<int>(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
  EXPECT_EQ(static_cast<int>(cudnn::NumericalNote::kWinograd), static_cast<int>(CUDNN_NUMERICAL_NOTE_WINOGRAD));
  EXPECT_EQ(static_cast<int>(cudnn::BehaviorNote::kRuntimeCompilation),
            static_cast<int>(CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION));
}
#else
TEST(CudnnAbi, HasTheNumbersOfTheHeader) { GTEST_SKIP() << "cudnn_graph.h is not installed"; }
#endif

}  // namespace
}  // namespace weft::testing
#endif
