// SPDX-License-Identifier: Apache-2.0
// Plans of the installed cuDNN for a GPU that this machine need not have. h200_properties.json holds the properties of
// an NVIDIA H200 in cuDNN's form, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION.
#if !defined(WEFT_CUDA_EMULATED)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "kernels/conv/cuda_cudnn_graph.h"
#include "kernels/cudnn/cuda_library.h"
#include "kernels/cudnn/cuda_plan.h"
#include "kernels/cudnn/cuda_target.h"
#include "kernels/jit/cuda_kernel_cache.h"
#include "tests/kernels/conv/cuda_conv_layers.h"
#include "tests/support/files.h"
#include "weft/error.h"

namespace weft::testing {
using namespace kernels;
namespace {

using ::testing::Contains;
using ::testing::Not;

struct Types {
  DType operands, result;
  bool allow_tf32 = false;
};

class CudnnPlans : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      static_cast<void>(cudnn::library());
    } catch (const DeviceError& e) {
      GTEST_SKIP() << e.what();
    }
    const std::string folder = std::string(WEFT_SOURCE_DIR) + "/tests/kernels/conv/";
    h200_ = std::make_unique<const cudnn::Target>(cudnn::library(), read_file(folder + "h200_properties.json"));
  }

  static std::vector<cudnn::NumericalNote> notes_of(const cudnn::Plan& plan) {
    return cudnn::numerical_notes(
        plan.descriptor.part(cudnn::Attribute::kPlanEngineConfig, cudnn::DescriptorType::kEngineConfig));
  }

  void check(const ConvLayer& layer, const std::string& op, const Types& types) {
    SCOPED_TRACE(cat(layer.name, " ", op, " ", types.operands, " -> ", types.result));
    const ConvRequest request(layer, op, types.operands, types.result, Device::cpu());
    const std::optional<ConvGraph> graph = conv_graph(request(types.allow_tf32));
    ASSERT_TRUE(graph);
    const std::optional<cudnn::Plan> plan = plan_conv(*h200_, *graph, KernelCache({}));
    ASSERT_TRUE(plan) << graph->text();
    const std::vector<cudnn::NumericalNote> notes = notes_of(*plan);
    EXPECT_THAT(notes, Not(Contains(cudnn::NumericalNote::kNondeterministic)));
    if (!graph->policy().tensor_cores) {
      EXPECT_THAT(notes, Not(Contains(cudnn::NumericalNote::kTensorCore)));
    }
    EXPECT_LE(plan->workspace, std::max(std::int64_t{64} << 20, graph->bytes()));
    most_workspace_ = std::max(most_workspace_, plan->workspace);
    const std::optional<cudnn::Plan> again = cudnn::plan_of_text(*h200_, cudnn::plan_text(*plan));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->workspace, plan->workspace);
    EXPECT_EQ(cudnn::plan_text(*again), cudnn::plan_text(*plan));
    ++planned_;
  }
  void check_all(const Types& types) {
    for (const ConvLayer& layer : conv_layers())
      for (const std::string& op : kConvOps) check(layer, op, types);
    RecordProperty("planned", planned_);
    RecordProperty("most_workspace_bytes", std::to_string(most_workspace_));
  }

  std::unique_ptr<const cudnn::Target> h200_;
  int planned_ = 0;
  std::int64_t most_workspace_ = 0;
};

TEST_F(CudnnPlans, StandForAllModelsInStrictF32) { check_all({DType::kF32, DType::kF32}); }
TEST_F(CudnnPlans, StandForAllModelsInTf32) { check_all({DType::kF32, DType::kF32, true}); }
TEST_F(CudnnPlans, StandForAllModelsInBf16) { check_all({DType::kBF16, DType::kBF16}); }
TEST_F(CudnnPlans, StandForAllModelsInF16) { check_all({DType::kF16, DType::kF16}); }
TEST_F(CudnnPlans, StandForF32ResultsOf16Bits) { check_all({DType::kBF16, DType::kF32}); }
TEST_F(CudnnPlans, StandForAllModelsInF64) { check_all({DType::kF64, DType::kF64}); }

TEST_F(CudnnPlans, OfF32UseTensorCoresOnlyWhereTheyMay) {
  const ConvRequest request(conv_layers().at(4), "conv", DType::kF32, DType::kF32, Device::cpu());
  const std::optional<cudnn::Plan> plan = plan_conv(*h200_, conv_graph(request(true)).value(), KernelCache({}));
  ASSERT_TRUE(plan);
  EXPECT_THAT(notes_of(*plan), Contains(cudnn::NumericalNote::kTensorCore));
}

TEST_F(CudnnPlans, AreTheSameEachTimeAndFromTheCache) {
  const TemporaryDirectory directory;
  const KernelCache cache(directory.path());
  const ConvRequest request(conv_layers().at(5), "conv_weight_grad", DType::kBF16, DType::kBF16, Device::cpu());
  const ConvGraph graph = conv_graph(request()).value();
  const std::string text = cudnn::plan_text(plan_conv(*h200_, graph, KernelCache({})).value());
  EXPECT_EQ(cudnn::plan_text(plan_conv(*h200_, graph, cache).value()), text);
  EXPECT_EQ(cudnn::plan_text(cudnn::read_plan(*h200_, cache, graph.text()).value()), text);
  EXPECT_EQ(cudnn::plan_text(plan_conv(*h200_, graph, cache).value()), text);
}

TEST_F(CudnnPlans, AreNotMadeOfDamagedTexts) {
  const ConvRequest request(conv_layers().at(5), "conv", DType::kBF16, DType::kBF16, Device::cpu());
  const std::string text = cudnn::plan_text(plan_conv(*h200_, conv_graph(request()).value(), KernelCache({})).value());
  EXPECT_FALSE(cudnn::plan_of_text(*h200_, ""));
  EXPECT_FALSE(cudnn::plan_of_text(*h200_, text.substr(0, text.size() / 2)));
}

TEST_F(CudnnPlans, WantPropertiesOfADevice) {
  EXPECT_THROW(cudnn::Target(cudnn::library(), std::string("no properties")), DeviceError);
}

}  // namespace
}  // namespace weft::testing
#endif
