// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/io/byte_source.h"
#include "weft/csv.h"

namespace weft::data {

Csv parse_csv(detail::ByteSource source, const CsvOptions& options);

}  // namespace weft::data
