// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/expr.h"

namespace weft::ops {

// Whether a row with this class index counts: it is a class, and not the one that is ignored.
Ex label_counts(const Ex& label, std::int64_t classes, const Attributes& attributes);

}  // namespace weft::ops
