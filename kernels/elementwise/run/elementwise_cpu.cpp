// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include "kernels/elementwise/lower/lower.h"
#include "kernels/elementwise/lower/passes.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/elementwise/run/pass.h"

namespace weft::kernels {
exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request) {
  const Lowered lowered = lower(request);
  const std::vector<std::vector<int>> outputs = outputs_by_pass(lowered, TrailingReductions::kTogether);
  auto passes = std::make_shared<std::vector<Pass>>();
  std::size_t workspace = 0;
  for (const std::vector<int>& some : outputs) {
    passes->emplace_back(outputs.size() == 1 ? lowered : lower(request, some), workspace);
    workspace += passes->back().workspace();
  }
  return {[passes](const Call& call) {
            for (const Pass& pass : *passes) pass.run(call);
            for (const Pass& pass : *passes) pass.finish(call);  // an output may lie where an operand does
          },
          workspace};
}

}  // namespace weft::kernels
