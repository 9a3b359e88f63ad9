// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/ir/graph.h"
#include "weft/fn.h"

namespace weft::elementwise {

// The function that joins the elements of a reduction that may end a body: kAdd for sum, kMaximum for max, kMinimum for
// min.
std::optional<Fn> join_of(const ir::Node& node);

// The end of a shape at which all reduced axes lie: of (2, 3, 4), {0, 1} is kLeading, {2} kTrailing, {1} neither. Axes
// of size 1 do not count; kTrailing if none or all of the others are reduced.
enum class End { kLeading, kTrailing };
std::optional<End> end_of(const Shape& shape, const ir::Ints& axes);

}  // namespace weft::elementwise
