// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "core/ops/facts.h"

// Rules by which ops pass on the rows of a batch (Rows in core/ops/facts.h).
namespace weft::ops {

// kMixed, unless all inputs are kNone: the op combines all elements, or nothing is known of it.
RowsRule rows_mix();
// Operands broadcast to the result, element by element.
RowsRule rows_broadcast();
// Input 0 keeps its rows if `keeps` is true. Other inputs serve all rows alike; if they carry rows, the result is
// kMixed.
RowsRule rows_kept(std::function<bool(const Signature&)> keeps);
// The op works along attribute `axis`, or `axes`: rows are kept if that is not axis 0.
RowsRule rows_beside_axis();
RowsRule rows_beside_axes();
// Row i of every result is made of row i of every input.
RowsRule rows_aligned();

// The relation of a value made of row i of several operands.
Rows aligned(std::span<const Rows> operands);
// True if any of these is kCarried.
bool any_carried(std::span<const Rows> values);

// The relation of each output to the batch, from those of the inputs; a region is followed node by node.
std::vector<Rows> pass_rows(const Graph& graph, const Node& node, std::span<const Rows> inputs);

}  // namespace weft::ops
