// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/exec/candidate.h"
#include "tests/kernels/support/harness_run.h"
#include "tests/kernels/support/kernel_cases.h"

// The reference kernels of either device do the same arithmetic in the same order.
namespace weft::testing {
namespace {

RawRun by_reference(const OpCase& row, Device device) {
  const ir::Node node{ir::OpId::of(row.op), {}, {}, row.attributes, "", row.region};
  std::vector<RawTensor> raw;
  for (const HostTensor& input : row.inputs) raw.push_back({input.spec, encode(input)});
  const exec::ForcedCandidate forced(row.op, device.kind(), "reference");
  return run_raw(node, raw, device);
}

// Ops that have a reference on either device and leave nothing to the device's own exp, log or tanh.
std::set<std::string_view> comparable() {
  static const std::set<std::string_view> by_own_functions{
      "logsumexp", "softmax", "log_softmax", "softmax_cross_entropy", "softmax_cross_entropy_scaled", "gelu_tanh_grad"};
  std::set<std::string_view> ops;
  for (const exec::KernelRow& row : exec::kernel_table())
    if (row.cpu.back().name == "reference" && !row.cuda.empty() && row.cuda.back().name == "reference" &&
        !by_own_functions.contains(row.op))
      ops.insert(row.op);
  return ops;
}

TEST(References, GiveTheSameBitsOnEveryDevice) {
  const std::set<std::string_view> ops = comparable();
  for (const Device device : Device::all()) {
    if (device.is_cpu()) continue;
    EXPECT_GT(ops.size(), 25u);
    for (const OpCase& row : all_cases()) {
      if (!ops.contains(row.op)) continue;
      const RawRun cpu = by_reference(row, Device::cpu()), there = by_reference(row, device);
      for (std::size_t i = 0; i < cpu.outputs.size(); ++i)
        EXPECT_TRUE(same_numbers(there.outputs[i], cpu.outputs[i]))
            << row.op << " " << row.name << " on " << device.name() << ", output " << i;
    }
  }
}

}  // namespace
}  // namespace weft::testing
