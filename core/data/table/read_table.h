// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/io/byte_source.h"
#include "weft/table.h"

namespace weft::data {

Table parse_table(detail::ByteSource source, const TableOptions& options);

}  // namespace weft::data
