// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/exec/candidate.h"
#include "kernels/elementwise/lower/lower.h"
#include "kernels/elementwise/run/engines.h"
#include "tests/kernels/elementwise/pointwise_body.h"
#include "tests/kernels/support/harness_run.h"

// Two arithmetic functions that the tile engine runs as one step, in each order of their operands.
namespace weft::testing {
namespace {

using kernels::CpuEngine;

const char* const kFunctions[] = {"add", "subtract", "multiply", "divide", "sqrt"};

ir::Value call(Body& body, const std::string& function, ir::Value x, ir::Value y) {
  return function == "sqrt" ? body.op("sqrt", {x}) : body.op(function.c_str(), {x, y});
}

// second(first(x, y), x), or second(x, first(x, y)): x is there already, because a load would stand between the two.
Region pair_of(const std::string& first, const std::string& second, bool swapped) {
  Body body;
  const ir::Value x = body.input(random_tensor({603}, DType::kF32, 5, 8, 1));
  const ir::Value y = body.input(random_tensor({603}, DType::kF32, 1, 4, 2));
  const ir::Value inner = call(body, first, x, y);
  const ir::Value outer = swapped ? call(body, second, x, inner) : call(body, second, inner, x);
  return body.done(first + (swapped ? " behind " : " in front of ") + second, {outer});
}

bool has_pair(const Region& region) {
  const ir::Node node = node_of(region);
  std::vector<TensorSpec> in, out;
  for (const HostTensor& x : region.inputs) in.push_back(x.spec);
  for (const ir::Output& output : region.body->outputs) out.push_back(region.body->spec(output.value));
  const kernels::CpuProgram program = kernels::cpu_program(
      kernels::lower({node.op, node.attributes, in, out, Device::cpu(), node.path, node.region}), CpuEngine::kTiles);
  return std::any_of(program.steps, program.steps + program.count, [](const auto& step) { return step.pair; });
}

std::vector<RawTensor> outputs_by(CpuEngine engine, const Region& region) {
  std::vector<RawTensor> raw;
  for (const HostTensor& x : region.inputs) raw.push_back({x.spec, encode(x)});
  const ir::Node node = node_of(region);
  const exec::ForcedCandidate forced(node.op.name(), Device::Kind::kCPU, kernels::name_of(engine));
  return run_raw(node, raw, Device::cpu()).outputs;
}

TEST(Pairs, KeepTheOrderOfTheirOperands) {
  for (const std::string first : kFunctions)
    for (const std::string second : kFunctions)
      for (const bool swapped : {false, true}) {
        if (swapped && second == "sqrt") continue;
        const Region region = pair_of(first, second, swapped);
        EXPECT_TRUE(has_pair(region)) << region.name;
        const RawTensor got = outputs_by(CpuEngine::kTiles, region)[0];
        EXPECT_EQ(got.bytes, outputs_by(CpuEngine::kReference, region)[0].bytes) << region.name;
      }
}

}  // namespace
}  // namespace weft::testing
