// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/exec/candidate.h"
#include "kernels/elementwise/run/engines.h"
#include "tests/kernels/elementwise/pointwise_regions.h"
#include "tests/kernels/support/harness_run.h"
#include "weft/error.h"

// Every engine of CUDA gives the interpreter's bits.
namespace weft::testing {
namespace {

using kernels::CudaEngine;

// The outputs by one engine; none where it does not take the node.
std::vector<RawTensor> outputs_by(CudaEngine engine, const ir::Node& node, const std::vector<HostTensor>& inputs,
                                  Device device) {
  std::vector<RawTensor> raw;
  for (const HostTensor& x : inputs) raw.push_back({x.spec, encode(x)});
  const exec::ForcedCandidate forced(node.op.name(), device.kind(), kernels::name_of(engine));
  try {
    return run_raw(node, raw, device).outputs;
  } catch (const ValueError&) {
    return {};
  }
}

// 1 if the engine takes the node, else 0.
int compare(CudaEngine engine, const ir::Node& node, const std::vector<HostTensor>& inputs, Device device,
            const std::string& what) {
  const std::vector<RawTensor> got = outputs_by(engine, node, inputs, device);
  if (got.empty()) return 0;
  const std::vector<RawTensor> expected = outputs_by(CudaEngine::kInterpreter, node, inputs, device);
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(got[i].bytes, expected.at(i).bytes) << what << ", output " << i;
  return 1;
}

TEST(CudaEngines, FunctionsMadeAheadGiveTheInterpretersBits) {
  for (const Device device : Device::all()) {
    if (device.is_cpu()) continue;
    int taken = 0;
    for (int i = 0; i < kFnCount; ++i) {
      const Fn fn = static_cast<Fn>(i);
      std::vector<HostTensor> inputs;
      for (int k = 0; k < arity(fn); ++k) {
        const bool truth = is_logical(fn) || (fn == Fn::kWhere && k == 0);
        inputs.push_back(truth ? random_tensor({1003}, DType::kBool, 0, 1, 40 + static_cast<unsigned>(k))
                               : random_tensor({1003}, DType::kF32, 0.1, 3, 40 + static_cast<unsigned>(k)));
      }
      ir::Node node;
      node.op = ir::OpId::of(name_of(fn));
      taken += compare(CudaEngine::kFunction, node, inputs, device, std::string(name_of(fn)));
    }
    EXPECT_EQ(taken, kFnCount);
  }
}

// There is NVRTC where there is a GPU; the emulation has none.
TEST(CudaEngines, KernelsMadeForARegionGiveTheInterpretersBits) {
  for (const Device device : Device::all()) {
    if (device.is_cpu()) continue;
    for (const Region& region : regions()) {
      EXPECT_FALSE(outputs_by(CudaEngine::kInterpreter, node_of(region), region.inputs, device).empty());
      compare(CudaEngine::kSpecialized, node_of(region), region.inputs, device, region.name);
    }
  }
}

}  // namespace
}  // namespace weft::testing
