// SPDX-License-Identifier: Apache-2.0
#include "tests/fusion/passes.h"

#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "core/ops/op.h"

namespace weft::fusion {

std::string after(const std::function<ir::Graph(const ir::Graph&)>& pass, std::string_view text) {
  const ir::Graph before = ir::read(text);
  ir::verify(before, ops::infer_node);
  const ir::Graph graph = ir::prune(pass(before));
  ir::verify(graph, ops::infer_node);
  return "\n" + ir::print(graph);
}

}  // namespace weft::fusion
