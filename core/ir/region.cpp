// SPDX-License-Identifier: Apache-2.0
#include "core/ir/region.h"

#include "core/base/check.h"
#include "core/ir/graph.h"

namespace weft::ir {

std::string_view name_of(Region::Kind kind) {
  switch (kind) {
    case Region::Kind::kElementwise:
      return "elementwise";
    case Region::Kind::kEpilogue:
      return "epilogue";
    case Region::Kind::kLoop:
      return "loop";
  }
  return "unknown";
}

void refuse_region(const Node& node, std::string_view reader) {
  fail_at<ValueError>(node.op.name(), node.path, "has a ", name_of(node.region.kind), " region; ", reader,
                      " has no rule for it: write what it runs as nodes of their own");
}

}  // namespace weft::ir
