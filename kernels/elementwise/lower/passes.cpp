// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/passes.h"

#include <algorithm>
#include <utility>

namespace weft::kernels {

std::vector<std::vector<int>> outputs_by_pass(const elementwise::Lowered& lowered, TrailingReductions trailing) {
  const std::vector<elementwise::Reduction> reductions = elementwise::reductions_of(lowered.program);
  std::vector<std::vector<int>> passes;
  std::vector<bool> reduced(static_cast<std::size_t>(lowered.program.outputs), false);
  const auto kept = [&](int output) { return lowered.geometry.kept[output]; };
  for (const bool at_end : {false, true}) {
    const std::size_t first = passes.size();
    const bool together = at_end && trailing == TrailingReductions::kTogether;
    for (const elementwise::Reduction& r : reductions) {
      if (r.trailing != at_end) continue;
      reduced[static_cast<std::size_t>(r.output)] = true;
      const auto same = std::find_if(passes.begin() + static_cast<std::ptrdiff_t>(first), passes.end(),
                                     [&](const auto& pass) { return together || kept(pass[0]) == kept(r.output); });
      (same == passes.end() ? passes.emplace_back() : *same).push_back(r.output);
    }
  }
  if (passes.empty()) passes.emplace_back();
  for (int output = 0; output < lowered.program.outputs; ++output)
    if (!reduced[static_cast<std::size_t>(output)]) passes.back().push_back(output);
  return passes;
}

}  // namespace weft::kernels
