// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <vector>

#include "kernels/elementwise/run/elementwise.h"
#include "kernels/elementwise/run/pass.h"

namespace weft::kernels {
namespace {

// Outputs by the pass that computes them. Reductions over the trailing axes go with the stores; a reduction over
// leading axes wants its own way through the elements, and gets a pass of its own where others stand beside it.
std::vector<std::vector<int>> outputs_by_pass(const Lowered& lowered) {
  const std::vector<Reduction> reductions = reductions_of(lowered.program);
  std::vector<std::vector<int>> passes;
  std::vector<int> last;
  for (int output = 0; output < lowered.program.outputs; ++output) {
    const auto kept = [&](int o) { return lowered.geometry.kept[o]; };
    const auto r =
        std::find_if(reductions.begin(), reductions.end(), [&](const auto& x) { return x.output == output; });
    if (r == reductions.end() || r->trailing) {
      last.push_back(output);
      continue;
    }
    const auto same =
        std::find_if(passes.begin(), passes.end(), [&](const auto& p) { return kept(p[0]) == kept(output); });
    (same == passes.end() ? passes.emplace_back() : *same).push_back(output);
  }
  const bool trailing = std::any_of(reductions.begin(), reductions.end(), [](const auto& r) { return r.trailing; });
  if (passes.empty() || (trailing && !last.empty())) {
    passes.push_back(last);
  } else {
    passes.back().insert(passes.back().end(), last.begin(), last.end());
  }
  return passes;
}

}  // namespace

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request) {
  const Lowered lowered = lower(request);
  const std::vector<std::vector<int>> outputs = outputs_by_pass(lowered);
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
