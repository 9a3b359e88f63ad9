// SPDX-License-Identifier: Apache-2.0
#include "tests/core/passes/passes.h"

#include <gtest/gtest.h>

#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "core/ops/op.h"

namespace weft::testing {

std::string after(const std::function<ir::Graph(const ir::Graph&)>& pass, std::string_view text) {
  const ir::Graph before = ir::read(text);
  ir::verify(before, ops::infer_node);
  const ir::Graph graph = ir::prune(pass(before));
  ir::verify(graph, ops::infer_node);
  return "\n" + ir::print(graph);
}

std::string with(std::string text, const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [from, to] : changes) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace weft::testing
