// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <variant>

#include "core/program/geometry.h"
#include "core/program/refusal.h"
#include "weft/shape.h"

namespace weft::elementwise {

// How operands of these shapes, each broadcast to `out`, follow its elements; refused where more than kMaxAxes remain.
std::variant<Geometry, Refusal> collapse(const Shape& out, std::span<const Shape> operands);

}  // namespace weft::elementwise
