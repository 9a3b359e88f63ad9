// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/common_programs.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/ops/pointwise.h"
#include "kernels/elementwise/lower/lower.h"
#include "tests/kernels/elementwise/update_regions.h"

namespace weft::testing {
namespace {

kernels::Lowered lowered(const Region& region) {
  const ir::Node node = node_of(region);
  std::vector<TensorSpec> inputs;
  for (const HostTensor& input : region.inputs) inputs.push_back(input.spec);
  const std::vector<TensorSpec> outputs = ops::infer_node(node, inputs);
  return kernels::lower({node.op, node.attributes, inputs, outputs, Device::cpu(), "", node.body.get()});
}

int common_program(const kernels::Lowered& lowered) {
  return kernels::common_program(lowered.program, lowered.geometry);
}

TEST(CommonPrograms, AreWhatOptimizersTrace) {
  const std::vector<Region>& updates = update_regions();
  for (std::size_t i = 0; i < updates.size(); ++i)
    EXPECT_EQ(common_program(lowered(updates[i])), static_cast<int>(i)) << updates[i].name;
}

TEST(CommonPrograms, AreToldFromTheirNeighbours) {
  const kernels::Lowered adam = lowered(update_regions()[0]);
  const int first = adam.program.prologue;
  const auto changed = [&](auto&& change) {
    kernels::Lowered other = adam;
    change(other);
    return common_program(other);
  };
  EXPECT_EQ(changed([&](auto& x) { x.program.code[first + 4].fn = Fn::kSubtract; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.program.code[first + 4].b = 7; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.program.code[first].storage = Storage::kBF16; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.program.count -= 1; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.program.wide = true; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.geometry.follow[0] = kernels::Follow::kStrided; }), -1)
      << "operands lie otherwise";
  EXPECT_EQ(changed([&](auto& x) { x.program.code[0].kind = Instr::Kind::kConvert; }), -1);
  EXPECT_EQ(changed([&](auto& x) { x.program.constants[0] = 0x40000000; }), 0) << "hyperparameters may be any";
}

}  // namespace
}  // namespace weft::testing
