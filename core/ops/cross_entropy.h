// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/expr.h"

namespace weft::ops {

// A bool for each row: true if 0 <= label < classes and label is not the attribute `ignore_index`.
Ex label_counts(const Ex& label, std::int64_t classes, const Attributes& attributes);

}  // namespace weft::ops
