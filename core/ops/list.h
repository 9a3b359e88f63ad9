// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "core/ops/op.h"

namespace weft::ops {

// Every built-in op, family after family.
std::vector<OpDef> builtin_definitions();

}  // namespace weft::ops
