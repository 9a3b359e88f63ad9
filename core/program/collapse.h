// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <variant>

#include "core/program/geometry.h"
#include "core/program/refusal.h"
#include "weft/shape.h"

namespace weft::elementwise {

// The geometry of operands of these shapes, each broadcast to `out`; a refusal if more than kMaxAxes axes remain.
std::variant<Geometry, Refusal> collapse(const Shape& out, std::span<const Shape> operands);

}  // namespace weft::elementwise
