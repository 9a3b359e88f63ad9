// SPDX-License-Identifier: Apache-2.0
// Convolutions through the emulated cuDNN: choice of plans, the cache on disk, recordings, and a library that fails.
#if defined(WEFT_CUDA_EMULATED)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/array/array.h"
#include "core/base/check.h"
#include "core/exec/executable.h"
#include "core/exec/instance.h"
#include "core/ops/build.h"
#include "emulator.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/cuda_cudnn.h"
#include "kernels/conv/cuda_cudnn_graph.h"
#include "kernels/cudnn/cuda_emulated_conv.h"
#include "kernels/cudnn/cuda_library.h"
#include "kernels/cudnn/cuda_plan.h"
#include "kernels/cudnn/cuda_target.h"
#include "kernels/jit/cuda_kernel_cache.h"
#include "tests/kernels/conv/cuda_conv_layers.h"
#include "tests/support/files.h"
#include "tests/support/warnings.h"
#include "weft/error.h"

namespace weft::testing {
using namespace kernels;
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ConvLayer kLayer{"layer", 2, 3, 4, {5, 6}, {3, 2}, {1, 2}, {1, 0}, {1, 1}};

ConvGraph graph_of(const std::string& op, DType operands, DType result, bool allow_tf32 = false) {
  return conv_graph(ConvRequest(kLayer, op, operands, result)(allow_tf32)).value();
}

cudnn::EmulatedEngine engine_of(const cudnn::Plan& plan) {
  return static_cast<cudnn::EmulatedEngine>(cudnn::conv_of_text(cudnn::plan_text(plan)).value().engine);
}
cudnn::EmulatedEngine engine_for(const ConvGraph& graph) {
  return engine_of(plan_conv(*cudnn::target_of(0), graph, KernelCache({})).value());
}

TEST(CudnnConv, ChoosesAPlanThatIsExactToTheDtype) {
  using cudnn::EmulatedEngine;
  for (const std::string& op : kConvOps) {
    EXPECT_EQ(engine_for(graph_of(op, DType::kF32, DType::kF32)), EmulatedEngine::kExact) << op;
    EXPECT_EQ(engine_for(graph_of(op, DType::kF64, DType::kF64)), EmulatedEngine::kExact) << op;
    EXPECT_EQ(engine_for(graph_of(op, DType::kF32, DType::kF32, true)), EmulatedEngine::kTensorCores) << op;
    EXPECT_EQ(engine_for(graph_of(op, DType::kBF16, DType::kBF16)), EmulatedEngine::kTensorCores) << op;
    EXPECT_EQ(engine_for(graph_of(op, DType::kF16, DType::kF32)), EmulatedEngine::kTensorCores) << op;
  }
}

std::string candidate_for(const ConvLayer& layer, const std::string& op, DType operands, DType result) {
  return std::string(exec::prepare_kernel(ConvRequest(layer, op, operands, result)()).candidate);
}

TEST(CudnnConv, TakesEveryGeometryButEmptyTensorsAndNegativePaddings) {
  ConvLayer empty = kLayer, cropped = kLayer;
  empty.n = 0;
  cropped.low = {-1, 0};
  for (const std::string& op : kConvOps) {
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kF16})
      EXPECT_EQ(candidate_for(kLayer, op, dtype, dtype), "cudnn") << op;
    EXPECT_EQ(candidate_for(kLayer, op, DType::kBF16, DType::kF32), "cudnn") << op;
    EXPECT_EQ(candidate_for(empty, op, DType::kF32, DType::kF32), "reference") << op;
    EXPECT_EQ(candidate_for(cropped, op, DType::kF32, DType::kF32), "reference") << op;
  }
}

// f32 results of 16-bit operands take room for both as f32, because cuDNN has no kernels that mix the types.
TEST(CudnnConv, AsksForTheWorkspaceOfThePlanAndOfWidenedOperands) {
  const auto workspace = [](DType operands, DType result) {
    return exec::prepare_kernel(ConvRequest(kLayer, "conv", operands, result)()).workspace;
  };
  // 2 x 5 x 3 x 4 sums in f64, as the emulated plan wants them.
  EXPECT_EQ(workspace(DType::kF32, DType::kF32), 1024u);
  EXPECT_EQ(workspace(DType::kBF16, DType::kBF16), 1024u);
  // 2 x 5 x 6 x 3 and 4 x 3 x 2 x 3 floats, each part padded to 256 bytes
  EXPECT_EQ(workspace(DType::kBF16, DType::kF32), 1024u + 768u + 512u);
}

// A library like the emulated one that counts searches for plans, and packs of addresses.
struct Counting {
  static inline int searches = 0, packs = 0;
  static cudnn::Status create_descriptor(cudnn::DescriptorType type, cudnn::RawDescriptor* made) {
    searches += type == cudnn::DescriptorType::kHeuristics;
    packs += type == cudnn::DescriptorType::kVariantPack;
    return cudnn::library().create_descriptor(type, made);
  }
  Counting() : functions(cudnn::library()) {
    searches = packs = 0;
    functions.create_descriptor = create_descriptor;
  }
  cudnn::Functions functions;
};

class CudnnPlanCache : public ::testing::Test {
 protected:
  std::filesystem::path only_file() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1u);
    return files.at(0);
  }

  TemporaryDirectory directory_;
  Counting counting_;
  const KernelCache cache_{directory_.path()};
  const ConvGraph graph_ = graph_of("conv", DType::kF32, DType::kF32);
};

TEST_F(CudnnPlanCache, GivesThePlanThatWasMadeForTheDevice) {
  const cudnn::Target target(counting_.functions, std::string("device"));
  const std::string text = cudnn::plan_text(plan_conv(target, graph_, cache_).value());
  EXPECT_EQ(Counting::searches, 2);  // one for each mode of the heuristics
  EXPECT_EQ(cudnn::plan_text(plan_conv(target, graph_, cache_).value()), text);
  EXPECT_EQ(Counting::searches, 2);
  plan_conv(cudnn::Target(counting_.functions, std::string("another device")), graph_, cache_);
  EXPECT_EQ(Counting::searches, 4);
  plan_conv(target, graph_of("conv", DType::kF32, DType::kF32, true), cache_);
  EXPECT_EQ(Counting::searches, 6);
}

TEST_F(CudnnPlanCache, WritesADamagedFileAnew) {
  const cudnn::Target target(counting_.functions, std::string("device"));
  const std::string text = cudnn::plan_text(plan_conv(target, graph_, cache_).value());
  const std::string whole = read_file(only_file());
  for (const std::string& damaged : {std::string(), whole.substr(0, whole.size() - 3), whole + "x"}) {
    write_file(only_file(), damaged);
    EXPECT_EQ(cudnn::plan_text(plan_conv(target, graph_, cache_).value()), text);
    EXPECT_EQ(read_file(only_file()), whole);
  }
  EXPECT_EQ(Counting::searches, 2 * 4);
}

TEST_F(CudnnPlanCache, IgnoresATextThatIsNoPlan) {
  const cudnn::Target target(counting_.functions, std::string("device"));
  cache_.write(target.text + "\n" + graph_.text(), "no plan");
  EXPECT_TRUE(plan_conv(target, graph_, cache_));
  EXPECT_EQ(Counting::searches, 2);
  EXPECT_TRUE(cudnn::read_plan(target, cache_, graph_.text()));
}

TEST_F(CudnnPlanCache, KeepsNothingForADeviceThatIsNotDescribed) {
  const cudnn::Target target(counting_.functions, 0);
  EXPECT_TRUE(plan_conv(target, graph_, cache_));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

// A library whose calls fail from the n-th on, or the n-th alone.
struct Failing {
  static inline int left = 0;
  static inline cudnn::Status status = 0;
  static bool fails() { return left > 0 && --left == 0; }
  static cudnn::Status create_descriptor(cudnn::DescriptorType type, cudnn::RawDescriptor* made) {
    return fails() ? status : cudnn::library().create_descriptor(type, made);
  }
  static cudnn::Status set_attribute(cudnn::RawDescriptor raw, cudnn::Attribute name, cudnn::AttributeType type,
                                     std::int64_t count, const void* elements) {
    return fails() ? status : cudnn::library().set_attribute(raw, name, type, count, elements);
  }
  static cudnn::Status get_attribute(cudnn::RawDescriptor raw, cudnn::Attribute name, cudnn::AttributeType type,
                                     std::int64_t room, std::int64_t* count, void* elements) {
    return fails() ? status : cudnn::library().get_attribute(raw, name, type, room, count, elements);
  }
  static cudnn::Status finalize(cudnn::RawDescriptor raw) { return fails() ? status : cudnn::library().finalize(raw); }
  static cudnn::Functions functions() {
    cudnn::Functions all = cudnn::library();
    all.create_descriptor = create_descriptor;
    all.set_attribute = set_attribute;
    all.get_attribute = get_attribute;
    all.finalize = finalize;
    return all;
  }
};

// Every call on the way to a plan fails once: there is a plan, none, or an error with the library's words.
TEST(CudnnFailures, AreTypedErrorsOrNoPlan) {
  const cudnn::Functions functions = Failing::functions();
  const ConvGraph graph = graph_of("conv_weight_grad", DType::kF32, DType::kF32);
  for (const cudnn::Status status : {3000, 4000}) {
    std::map<std::string, int> ends;
    bool reached = true;
    for (int call = 1; reached; ++call) {
      Failing::left = 0;
      const cudnn::Target target(functions, std::string("device"));
      Failing::status = status;
      Failing::left = call;
      try {
        ++ends[plan_conv(target, graph, KernelCache({})) ? "plan" : "no plan"];
      } catch (const DeviceError& e) {
        ++ends["error"];
        EXPECT_THAT(e.what(), HasSubstr(status == 4000 ? "CUDNN_STATUS_INTERNAL_ERROR" : "CUDNN_STATUS_NOT_SUPPORTED"));
      }
      reached = Failing::left == 0;
    }
    EXPECT_GT(ends["error"], 20) << status;
    EXPECT_GT(ends["plan"], 1) << status;  // an engine that breaks is passed over, and the last round fails nowhere
    if (status == 3000) {
      EXPECT_GT(ends["no plan"], 3);
    }
  }
  Failing::left = 0;
}

TEST(CudnnFailures, LeaveAConvolutionToThePlainKernelWithAWarning) {
  const cudnn::Functions functions = Failing::functions();
  Failing::left = 0;
  const cudnn::Target target(functions, 0);
  const ConvRequest request(kLayer, "conv", DType::kF32, DType::kF32);
  const Warnings warnings;
  Failing::status = 4000;
  Failing::left = 1;
  EXPECT_FALSE(conv_by_cudnn(target, request(), prepare_conv_reference_cuda));
  EXPECT_THAT(warnings.texts, ElementsAre(AllOf(HasSubstr("cudnnBackendCreateDescriptor failed"),
                                                HasSubstr("conv runs on a plain kernel, many times slower"))));
  EXPECT_TRUE(conv_by_cudnn(target, request(), prepare_conv_reference_cuda));
}

TEST(CudnnFailures, OfAnExecutionNameTheCallAndTheReason) {
  const auto target = cudnn::target_of(0);
  const cudnn::Functions& library = target->functions;
  const cudnn::Plan plan = plan_conv(*target, graph_of("conv", DType::kF32, DType::kF32), KernelCache({})).value();
  cudnn::Descriptor pack(library, cudnn::DescriptorType::kVariantPack);
  ASSERT_TRUE(pack.finalize("a variant pack"));
  const std::string message = message_of<DeviceError>([&] {
    cudnn::check(library, library.execute(target->handle, plan.descriptor.raw(), pack.raw()), "cudnnBackendExecute");
  });
  EXPECT_EQ(message, "[cudnn] cudnnBackendExecute failed: CUDNN_STATUS_BAD_PARAM: a tensor has no address");
}

// y = conv(x, w), on a device.
class Program {
 public:
  explicit Program(Device device, bool allow_tf32 = false) : device_(device) {
    ir::Graph graph;
    ops::Builder build(graph);
    const ConvRequest request(kLayer, "conv", DType::kF32, DType::kF32, device);
    const exec::KernelRequest r = request();
    const ir::Value x = graph.add_input(r.inputs[0], ir::InputKind::kArgument, "x");
    const ir::Value w = graph.add_input(r.inputs[1], ir::InputKind::kArgument, "w");
    graph.outputs.push_back({build.emit("conv", {x, w}, r.attributes), ""});
    for (const TensorSpec& spec : r.inputs) shapes_.push_back(spec);
    executable_ =
        std::make_shared<const exec::Executable>(graph, exec::BuildOptions{.device = device, .allow_tf32 = allow_tf32});
  }

  std::vector<Array> inputs(float first) const {
    std::vector<Array> all;
    for (const TensorSpec& spec : shapes_) {
      std::vector<float> values(static_cast<std::size_t>(spec.shape.numel()));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<float>(i % 7);
      all.push_back(Array::from_host(values.data(), spec, Stream::current(device_)));
    }
    return all;
  }
  std::unique_ptr<exec::Instance> instance() const { return std::make_unique<exec::Instance>(executable_); }
  std::vector<float> run(exec::Instance& instance, const std::vector<Array>& inputs) const {
    const Array y = instance.run(inputs, std::vector<Array>(1), Stream::current(device_))[0];
    std::vector<float> values(static_cast<std::size_t>(y.shape().numel()));
    y.copy_to_host(values.data());
    return values;
  }

 private:
  Device device_;
  std::vector<TensorSpec> shapes_;
  std::shared_ptr<const exec::Executable> executable_;
};

// Small integers: every kernel gives the same sums.
std::vector<float> on_the_cpu(float first) {
  const Program program(Device::cpu());
  return program.run(*program.instance(), program.inputs(first));
}

// 1 + 2^-12 has two bits more than TF32.
TEST(CudnnConv, RoundsF32OperandsWhereTheProgramMay) {
  const auto sums = [](bool allow_tf32, float first) {
    const Program program(Device::cuda(), allow_tf32);
    return program.run(*program.instance(), program.inputs(first));
  };
  const float odd = 1 + 1.0f / 4096;
  EXPECT_EQ(sums(true, odd), sums(false, 1));
  EXPECT_NE(sums(false, odd), sums(false, 1));
}

TEST(CudnnConv, RunsInsideRecordings) {
  const Program program(Device::cuda());
  const auto instance = program.instance();
  const std::vector<Array> inputs = program.inputs(1), others = program.inputs(2);
  for (int round = 0; round < 3; ++round) {
    const auto before = emulator::counters();
    EXPECT_EQ(program.run(*instance, inputs), on_the_cpu(1));
    EXPECT_EQ(program.run(*instance, others), on_the_cpu(2));
    const auto after = emulator::counters();
    EXPECT_EQ(after.graph_launches - before.graph_launches, round == 0 ? 0 : 2) << round;
    EXPECT_EQ(after.kernel_launches - before.kernel_launches, round == 0 ? 4 : 0) << round;
  }
}

TEST(CudnnConv, PacksAddressesOnceForEveryRunAtThem) {
  const Counting counting;
  const cudnn::Target target(counting.functions, 0);
  const ConvRequest request(kLayer, "conv", DType::kF32, DType::kF32);
  const exec::KernelRequest r = request();
  const exec::PreparedKernel kernel = conv_by_cudnn(target, r, prepare_conv_reference_cuda).value();
  const Program program(Device::cuda());
  const std::vector<Array> inputs = program.inputs(1), others = program.inputs(2);
  const Stream stream = Stream::current(Device::cuda());
  const Array y = Array::empty(r.outputs[0], stream);
  const Array workspace = Array::empty({{static_cast<std::int64_t>(kernel.workspace)}, DType::kU8}, stream);
  const auto run = [&](const std::vector<Array>& operands) {
    const std::vector<View> in{{operands[0].data(), r.inputs[0]}, {operands[1].data(), r.inputs[1]}};
    const View out{y.data(), r.outputs[0]};
    Call call;
    call.inputs = in;
    call.outputs = std::span(&out, 1);
    call.workspace.data = workspace.data();
    call.stream = stream.handle();
    call.device = 0;
    kernel.run(call);
    synchronize(Device::cuda());
    return Counting::packs;
  };
  EXPECT_EQ(run(inputs), 1);
  EXPECT_EQ(run(inputs), 1);
  EXPECT_EQ(run(others), 2);
}

// The emulated device runs one thread's work at a time, so the threads only plan.
TEST(CudnnConv, IsPlannedByThreadsAtOnce) {
  const ConvGraph graph = graph_of("conv_input_grad", DType::kF32, DType::kF32);
  const std::string wanted = cudnn::plan_text(plan_conv(*cudnn::target_of(0), graph, KernelCache({})).value());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        EXPECT_EQ(cudnn::plan_text(plan_conv(*cudnn::target_of(0), graph, KernelCache({})).value()), wanted);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weft::testing
#endif
