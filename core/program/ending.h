// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/ir/graph.h"
#include "weft/fn.h"

namespace weft::elementwise {

// The function that joins the elements of a reduction, of the ops that may end a body: sum, max and min.
std::optional<Fn> join_of(const ir::Node& node);

// The end of a shape at which all reduced axes lie. Axes of length 1 lie at either, and no other axis reduced is
// kTrailing. None where an axis that stays lies on both sides.
enum class End { kLeading, kTrailing };
std::optional<End> end_of(const Shape& shape, const ir::Ints& axes);

}  // namespace weft::elementwise
