// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/exec/candidate.h"
#include "core/ops/memory.h"
#include "tests/kernels/support/harness_run.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

ir::Node node_of(const OpCase& row) { return {ir::OpId::of(row.op), {}, {}, row.attributes, "", row.region}; }

// Runs the row with every output over every input that the planner may put it over; returns how many pairs there are.
int check_pairs(const OpCase& row, const ir::Node& node, const std::vector<RawTensor>& raw, Device device) {
  const RawRun apart = run_raw(node, raw, device);
  int pairs = 0;
  for (std::size_t j = 0; j < apart.outputs.size(); ++j) {
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (!ops::may_run_in_place(node, j, i) || raw[i].bytes.size() != apart.outputs[j].bytes.size()) continue;
      ++pairs;
      const RawRun over =
          run_raw(node, raw, device, {.replacing = static_cast<int>(j), .replaced = static_cast<int>(i)});
      for (std::size_t o = 0; o < apart.outputs.size(); ++o)
        EXPECT_EQ(over.outputs[o].bytes, apart.outputs[o].bytes)
            << row.op << " " << row.name << " on " << device.name() << ": output " << o << " with output " << j
            << " over input " << i;
    }
  }
  return pairs;
}

// Number of such pairs over all candidates that take the row, each of which is run.
int check_candidates(const OpCase& row, Device device) {
  ir::Node node = node_of(row);
  node.inputs.resize(row.inputs.size());  // the operands of an epilogue are counted by those of its node
  std::vector<RawTensor> raw;
  for (const HostTensor& input : row.inputs) raw.push_back({input.spec, encode(input)});
  int pairs = 0;
  for (const std::string_view name : candidates_taking(node, raw, device)) {
    SCOPED_TRACE("candidate " + std::string(name));
    const exec::ForcedCandidate forced(row.op, device.kind(), name);
    pairs += check_pairs(row, node, raw, device);
  }
  return pairs;
}

// A kernel that may write an output over an input gives the same bits when it does, which the planner counts on.
TEST(InPlace, GivesTheSameBits) {
  int pairs = 0;
  for (const OpCase& row : all_cases()) {
    const bool interesting = row.region || row.op.starts_with("softmax_cross_entropy") || row.op == "dropout";
    if (!interesting) continue;
    for (const Device device : Device::all()) pairs += check_candidates(row, device);
  }
  EXPECT_GT(pairs, 20);
}

}  // namespace
}  // namespace weft::testing
