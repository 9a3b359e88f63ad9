// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "core/ir/read.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/ops.h"
#include "weft/optimizer.h"

namespace weft::testing {

// Elementwise kernels of one update that write as many elements as the optimizer's state `kept` has: those that give
// the parameters their new values. The loss is the sum of all squares.
inline int launches_of_update(Optimizer& optimizer, const std::string& kept) {
  auto step = compile([&] {
    Tensor loss = zeros({}, DType::kF64);
    for (const Variable& v : optimizer.parameters()) loss = loss + square(v.value()).sum();
    optimizer.minimize(loss);
  });
  step.prepare();
  const std::int64_t arena = optimizer.state().matching(kept)[0].numel();
  int launches = 0;
  const ir::Graph graph = ir::read(step.graph());
  for (const ir::Node& node : graph.nodes)
    launches += node.op.name() == "pointwise" && node.outputs[0].shape.numel() == arena;
  return launches;
}

}  // namespace weft::testing
