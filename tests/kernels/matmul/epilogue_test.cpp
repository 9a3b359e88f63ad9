// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/ops/pointwise.h"
#include "tests/kernels/support/harness_run.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

class Epilogue : public ::testing::TestWithParam<std::size_t> {};

// The node's op and its body as nodes of a graph.
ir::Graph unfused(const OpCase& row) {
  ir::Graph graph;
  ir::Node node{ir::OpId::of(row.op), {}, {}, row.attributes, "", row.region};
  for (const HostTensor& input : row.inputs)
    node.inputs.push_back(graph.add_input(input.spec, ir::InputKind::kArgument, ""));
  ops::Builder build(graph);
  for (const ir::Value v : ops::inline_node(build, node)) graph.outputs.push_back({v, ""});
  return graph;
}

bool is_reduction(const OpCase& row, std::size_t output) {
  const std::string& op = row.region.graph->node(row.region.graph->outputs[output].value).op.name();
  return op == "sum" || op == "max" || op == "min";
}

// The epilogue does to each element what its nodes do; only sums may be added up in another order.
TEST_P(Epilogue, GivesTheBitsOfItsNodesOneByOne) {
  const OpCase row = epilogue_cases()[GetParam()];
  SCOPED_TRACE(row.name);
  ir::Node node{ir::OpId::of(row.op), {}, {}, row.attributes, "", row.region};
  std::vector<RawTensor> raw;
  for (const HostTensor& input : row.inputs) raw.push_back({input.spec, encode(input)});
  for (const Device device : Device::all()) {
    const std::vector<HostTensor> apart = run_graph(unfused(row), row.inputs, device);
    const RawRun fused = run_raw(node, raw, device);
    for (std::size_t i = 0; i < apart.size(); ++i) {
      if (is_reduction(row, i)) continue;
      EXPECT_EQ(fused.outputs[i].bytes, encode(apart[i])) << "output " << i << " on " << device.name();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, Epilogue, ::testing::Range<std::size_t>(0, epilogue_cases().size()));

}  // namespace
}  // namespace weft::testing
