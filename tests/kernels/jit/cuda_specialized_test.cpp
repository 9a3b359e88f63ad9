// SPDX-License-Identifier: Apache-2.0
// Every program of the tests' regions and models, compiled by NVRTC for a GPU that need not be here.
#if !defined(WEFT_CUDA_EMULATED)
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "core/ops/pointwise.h"
#include "kernels/common/in_turn.h"
#include "kernels/elementwise/cuda/cuda_source.h"
#include "kernels/elementwise/cuda/cuda_traversal.h"
#include "kernels/jit/cuda_nvrtc.h"
#include "tests/kernels/elementwise/pointwise_regions.h"
#include "tests/kernels/jit/cubin.h"
#include "tests/kernels/jit/cuda_models.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using kernels::CudaTraversal;

struct Program {
  std::string name;
  CudaTraversal traversal;
};

std::vector<CudaTraversal> traversals_of(const ir::Node& node, const std::vector<TensorSpec>& inputs) {
  const std::vector<TensorSpec> outputs = ops::infer_node(node, inputs);
  return kernels::cuda_traversals({node.op, node.attributes, inputs, outputs, Device::cpu(), node.path, node.region});
}

void add(std::vector<Program>& programs, const std::string& name, const ir::Node& node,
         const std::vector<HostTensor>& inputs) {
  std::vector<TensorSpec> specs;
  for (const HostTensor& input : inputs) specs.push_back(input.spec);
  for (CudaTraversal& traversal : traversals_of(node, specs)) programs.push_back({name, std::move(traversal)});
}

std::vector<Program> region_programs() {
  std::vector<Program> programs;
  for (const Region& region : regions()) add(programs, region.name, node_of(region), region.inputs);
  return programs;
}

// A load or a store of f32 that is dense shows as one of 16 bytes.
int dense_floats(const CudaTraversal& traversal, Instr::Kind kind) {
  const auto* const begin = traversal.program.code;
  return static_cast<int>(std::count_if(begin, begin + traversal.program.count, [&](const Instr& in) {
    if (in.kind != kind || in.storage != Storage::kF32) return false;
    return kind == Instr::Kind::kStore || traversal.walk.has(traversal.walk.dense, in.a);
  }));
}

int matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  return static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

void check(const Program& program) {
  SCOPED_TRACE(program.name);
  const kernels::Compiled compiled = kernels::compile_with_nvrtc(kernels::cuda_source(program.traversal), "sm_90");
  const CubinUse use = cubin_use(compiled.cubin);
  // Four blocks of 256 threads with 64 registers fill a multiprocessor. f64 is for checking gradients and for numbers
  // that a step has one of; its functions take what they take.
  const Instr* end = program.traversal.program.code + program.traversal.program.count;
  const auto any = [&](auto holds) { return std::any_of(program.traversal.program.code, end, holds); };
  const bool f64 = any([](const Instr& in) { return in.type == Type::kF64; });
  // Beside other draws in 16 bits, a normal draw spills up to this much at 64 registers (NVRTC 13.0); no step of the
  // models has one.
  const bool normals = any([](const Instr& in) { return in.kind == Instr::Kind::kNormal; });
  EXPECT_GT(use.registers, 0);
  EXPECT_LE(use.registers, f64 ? 255 : 64);
  EXPECT_LE(use.stack, f64 ? 128 : normals ? 96 : 0);
  if (program.traversal.geometry.count < kernels::kLanes || program.traversal.lanes == 1) return;
  EXPECT_GE(matches(compiled.ptx, R"(ld\.global\S*\.v4\.)"), dense_floats(program.traversal, Instr::Kind::kLoad));
  EXPECT_GE(matches(compiled.ptx, R"(st\.global\S*\.v4\.)"), dense_floats(program.traversal, Instr::Kind::kStore));
}

// Each source once.
std::vector<Program> model_programs() {
  std::vector<Program> programs;
  std::set<std::string> known;
  for (const ModelStep& step : model_steps()) {
    for (const ir::Node& node : step.graph.nodes) {
      if (node.op.name() != "pointwise" && node.op.name() != "matmul_epilogue") continue;
      const ir::Graph& graph = *node.region.graph;
      if (kernels::lone_node(graph)) continue;  // no program
      std::vector<TensorSpec> inputs;           // inputs of the region, which may stand behind a product
      for (const ir::Input& input : graph.inputs) inputs.push_back(graph.spec(input.value));
      ir::Node body;
      body.op = ops::pointwise_op();
      body.region = {ir::Region::Kind::kElementwise, node.region.graph};
      for (CudaTraversal& traversal : traversals_of(body, inputs))
        if (known.insert(kernels::cuda_source(traversal)).second)
          programs.push_back({step.name + " " + node.path, std::move(traversal)});
    }
  }
  return programs;
}

TEST(SpecializedPrograms, OfModelsUseFewRegistersAndNoStack) {
  if (!kernels::has_nvrtc()) GTEST_SKIP() << "NVRTC is not installed";
  const std::vector<Program> programs = model_programs();
  EXPECT_GE(programs.size(), 20u);
  EXPECT_TRUE(
      std::any_of(programs.begin(), programs.end(), [](const Program& p) { return p.traversal.reductions > 0; }));
  for (const Program& program : programs) check(program);
}

TEST(SpecializedPrograms, OfRegionsUseFewRegistersAndNoStack) {
  if (!kernels::has_nvrtc()) GTEST_SKIP() << "NVRTC is not installed";
  for (const Program& program : region_programs()) check(program);
}

}  // namespace
}  // namespace weft::testing
#endif
