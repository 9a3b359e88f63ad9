// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/data/transforms/operation.h"
#include "weft/transforms.h"

namespace weft::data {

// ValueError for options outside their domain.
void check_transform(const Transform& transform);
// The columns that a transform names.
const std::vector<std::string>& columns_of(const Transform& transform);
// "Standardize"
const char* name_of(const Transform& transform);
// True where the transform takes cells as they are now: numbers or categories.
bool takes(const Transform& transform, const Cells& cells);
// The operations that a transform learns from a column of the training part. ValueError for cells that it cannot learn
// from.
std::vector<Operation> fit_column(const Transform& transform, const Cells& cells);

}  // namespace weft::data
