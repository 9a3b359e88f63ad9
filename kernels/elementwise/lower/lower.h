// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <variant>

#include "core/exec/kernel.h"
#include "core/program/lower.h"

namespace weft::kernels {

using elementwise::Lowered;
using elementwise::Reduction;
using elementwise::reductions_of;

// The program of a node: its body, or else the node by itself as a body. Throws the refusal as ShapeError or
// ValueError.
Lowered lower(const exec::KernelRequest& request);
// The program of these outputs alone; they keep their numbers.
Lowered lower(const exec::KernelRequest& request, std::span<const int> outputs);
// With reductions over leading axes that leave `columns` results: values that depend on the column alone are computed
// once. May be refused where the plain program is not, because such values are kept.
std::variant<Lowered, elementwise::Refusal> lower_columns(const exec::KernelRequest& request,
                                                          std::span<const int> outputs, std::int64_t columns);

}  // namespace weft::kernels
