// SPDX-License-Identifier: Apache-2.0
#include "core/passes/optimize.h"

#include "core/ir/prune.h"
#include "core/passes/cleanup/cse.h"
#include "core/passes/cleanup/simplify.h"
#include "core/passes/fuse/activation_gradients.h"
#include "core/passes/fuse/bias_gradients.h"
#include "core/passes/fuse/epilogues.h"
#include "core/passes/fuse/regions.h"
#include "core/passes/lower/decompose.h"
#include "core/passes/lower/loss_scale.h"

namespace weft::passes {

ir::Graph optimize(const ir::Graph& graph, const Target& target) {
  const ir::Graph shared = share(simplify(expand(ir::prune(graph))));
  ir::Graph cleaned = ir::prune(take_apart(ir::prune(fold_loss_scale(ir::prune(shared)))));
  if (target.gradient_epilogues) cleaned = ir::prune(join_bias_gradients(cleaned));
  const ir::Graph joined = ir::prune(join_epilogues(ir::prune(form_regions(cleaned))));
  return target.gradient_epilogues ? ir::prune(join_activation_gradients(joined)) : joined;
}

}  // namespace weft::passes
