// SPDX-License-Identifier: Apache-2.0
#include "core/fusion/optimize.h"

#include "core/fusion/activation_gradients.h"
#include "core/fusion/bias_gradients.h"
#include "core/fusion/epilogues.h"
#include "core/fusion/expand.h"
#include "core/fusion/loss_scale.h"
#include "core/fusion/regions.h"
#include "core/fusion/share.h"
#include "core/fusion/simplify.h"
#include "core/ir/prune.h"

namespace weft::fusion {

ir::Graph optimize(const ir::Graph& graph, const Target& target) {
  const ir::Graph shared = share(simplify(expand(ir::prune(graph))));
  ir::Graph cleaned = ir::prune(take_apart(ir::prune(fold_loss_scale(ir::prune(shared)))));
  if (target.gradient_epilogues) cleaned = ir::prune(join_bias_gradients(cleaned));
  const ir::Graph joined = ir::prune(join_epilogues(ir::prune(form_regions(cleaned))));
  return target.gradient_epilogues ? ir::prune(join_activation_gradients(joined)) : joined;
}

}  // namespace weft::fusion
