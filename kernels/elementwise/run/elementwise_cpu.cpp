// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/elementwise/jit/loop.h"
#include "kernels/elementwise/lower/lower.h"
#include "kernels/elementwise/lower/traversals.h"
#include "kernels/elementwise/run/elementwise.h"
#include "kernels/elementwise/run/traversal.h"

namespace weft::kernels {
namespace {

struct Prepared {
  exec::PreparedKernel kernel;
  CpuEngine engine;  // the most preferred one that runs a traversal
};

Prepared prepare(const exec::KernelRequest& request, CpuEngine first) {
  const Lowered lowered = lower(request);
  const std::vector<std::vector<int>> outputs = outputs_by_traversal(lowered, TrailingReductions::kTogether);
  auto traversals = std::make_shared<std::vector<Traversal>>();
  std::size_t workspace = 0;
  CpuEngine engine = CpuEngine::kReference;
  for (const std::vector<int>& some : outputs) {
    traversals->emplace_back(outputs.size() == 1 ? lowered : lower(request, some), first, workspace);
    workspace += traversals->back().workspace();
    engine = std::min(engine, traversals->back().engine());
  }
  const auto run = [traversals](const Call& call) {
    for (const Traversal& traversal : *traversals) traversal.run(call);
    for (const Traversal& traversal : *traversals) traversal.finish(call);  // an output may lie where an operand does
  };
  return {{run, workspace}, engine};
}

}  // namespace

exec::PreparedKernel prepare_elementwise_cpu(const exec::KernelRequest& request) {
  return prepare(request, CpuEngine::kLoop).kernel;
}

std::optional<exec::PreparedKernel> prepare_elementwise_by(CpuEngine engine, const exec::KernelRequest& request) {
  if (engine == CpuEngine::kLoop && !may_compile(lower(request))) return std::nullopt;
  Prepared prepared = prepare(request, engine);
  if (prepared.engine != engine) return std::nullopt;
  return std::move(prepared.kernel);
}

}  // namespace weft::kernels
