// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/traversals.h"

#include <algorithm>
#include <utility>

namespace weft::kernels {

std::vector<std::vector<int>> outputs_by_traversal(const elementwise::Lowered& lowered, TrailingReductions trailing) {
  const std::vector<elementwise::Reduction> reductions = elementwise::reductions_of(lowered.program);
  std::vector<std::vector<int>> traversals;
  std::vector<bool> reduced(static_cast<std::size_t>(lowered.program.outputs), false);
  const auto kept = [&](int output) { return lowered.geometry.kept[output]; };
  for (const bool at_end : {false, true}) {
    const std::size_t first = traversals.size();
    const bool together = at_end && trailing == TrailingReductions::kTogether;
    for (const elementwise::Reduction& r : reductions) {
      if (r.trailing != at_end) continue;
      reduced[static_cast<std::size_t>(r.output)] = true;
      const auto same =
          std::find_if(traversals.begin() + static_cast<std::ptrdiff_t>(first), traversals.end(),
                       [&](const auto& traversal) { return together || kept(traversal[0]) == kept(r.output); });
      (same == traversals.end() ? traversals.emplace_back() : *same).push_back(r.output);
    }
  }
  if (traversals.empty()) traversals.emplace_back();
  for (int output = 0; output < lowered.program.outputs; ++output)
    if (!reduced[static_cast<std::size_t>(output)]) traversals.back().push_back(output);
  return traversals;
}

}  // namespace weft::kernels
