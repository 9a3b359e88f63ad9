// SPDX-License-Identifier: Apache-2.0
#include "core/exec/traits.h"

#include <set>
#include <string>

#include "weft/fn.h"

namespace weft::exec {

std::optional<std::int64_t> alias_offset(const ir::Node& node) {
  const std::string& op = node.op.name();
  if (op == "reshape" || op == "copy" || op == "stop_gradient") return 0;
  if (op != "slice" || node.outputs[0].shape.rank() != 1 || node.attributes.ints("step")[0] != 1) return std::nullopt;
  constexpr std::int64_t kAlignment = 256;
  const std::int64_t offset =
      node.attributes.ints("begin")[0] * static_cast<std::int64_t>(size_of(node.outputs[0].dtype));
  return offset % kAlignment == 0 ? std::optional(offset) : std::nullopt;
}

bool may_run_in_place(const ir::Node& node, std::size_t i) {
  static const std::set<std::string> elementwise = [] {
    std::set<std::string> out{"pointwise", "dropout"};
    for (int f = 0; f < kFnCount; ++f) out.insert(name_of(static_cast<Fn>(f)));
    return out;
  }();
  // The same bytes only when nothing is broadcast or converted; the planner compares the sizes, a dtype may still
  // differ.
  return (node.op.name() != "dropout" || i == 0) && elementwise.contains(node.op.name());
}

}  // namespace weft::exec
