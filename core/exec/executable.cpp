// SPDX-License-Identifier: Apache-2.0
#include "core/exec/executable.h"

#include <utility>

#include "core/base/check.h"
#include "core/exec/poison.h"
#include "core/ir/prune.h"
#include "core/ir/verify.h"
#include "core/ops/memory.h"
#include "core/passes/lower/decompose.h"
#include "core/passes/lower/mixed_precision.h"
#include "core/passes/optimize.h"

namespace weft::exec {

namespace {

ir::Graph passed(const ir::Graph& traced, const BuildOptions& options) {
  ir::Graph graph = ir::prune(traced);
  if (options.half != DType::kF32) graph = passes::lower_precision(graph, options.half);
  const passes::Target target{.gradient_epilogues = options.device.is_cuda()};
  return options.fuse ? passes::optimize(graph, target) : ir::prune(passes::take_apart(graph));
}

}  // namespace

Executable::Executable(const ir::Graph& graph, const BuildOptions& options)
    : graph_(passed(graph, options)), device_(options.device) {
  ir::verify(graph_, ops::infer_node);
  prepare(options);
}

void Executable::prepare(const BuildOptions& options) {
  std::vector<PreparedKernel> kernels(graph_.nodes.size());
  plan::Options planning;
  planning.workspace.resize(graph_.nodes.size());
  planning.alias = ops::alias_offset;
  planning.parts = ops::part_offsets;
  planning.in_place = ops::may_run_in_place;
  planning.red_zone = kRedZone;
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const ir::Node& node = graph_.nodes[n];
    if (node.op == ir::input_op()) continue;
    std::vector<TensorSpec> inputs;
    for (const ir::Value v : node.inputs) inputs.push_back(graph_.spec(v));
    kernels[n] = prepare_kernel(
        {node.op, node.attributes, inputs, node.outputs, device_, node.path, node.region, options.allow_tf32});
    planning.workspace[n] = static_cast<std::int64_t>(kernels[n].workspace);
  }
  plan_ = plan::make_plan(graph_, planning);
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    if (graph_.nodes[n].op == ir::input_op() || plan_.values[n][0].alias) continue;
    prepared_calls_.push_back({n, std::move(kernels[n])});
  }
}

}  // namespace weft::exec
