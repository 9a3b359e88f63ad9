// SPDX-License-Identifier: Apache-2.0
#include "core/ops/list.h"

#include <iterator>

#include "core/ops/families.h"
#include "core/ops/pointwise.h"

namespace weft::ops {

std::vector<OpDef> builtin_definitions() {
  std::vector<OpDef> all;
  for (auto* family : {
           elementwise_ops,
           pointwise_ops,
           random_ops,
           creation_ops,
           movement_ops,
           index_ops,
           reduce_ops,
           matmul_ops,
           conv_ops,
           gradient_epilogue_ops,
           softmax_ops,
           cross_entropy_ops,
           norm_ops,
           pool_ops,
           resample_ops,
           sort_ops,
       }) {
    std::vector<OpDef> ops = family();
    all.insert(all.end(), std::make_move_iterator(ops.begin()), std::make_move_iterator(ops.end()));
  }
  std::vector<OpDef> with_body;
  for (const OpDef& def : all)
    if (def.facts.epilogue.value_or(kNoEpilogue) != kNoEpilogue)
      with_body.push_back(op_with_body(def.name + kEpilogueSuffix));
  all.insert(all.end(), std::make_move_iterator(with_body.begin()), std::make_move_iterator(with_body.end()));
  return all;
}

}  // namespace weft::ops
