// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "core/api/report/memory_report.h"

namespace weft::detail {

// The bytes that a program takes with batches of so many rows.
using BytesAt = std::function<std::int64_t(std::int64_t rows)>;

// The most rows that take at most `memory` bytes; 0 if one row takes more. The search starts at `rows`; a number of
// rows that the program refuses counts as too many.
std::int64_t largest_rows(std::int64_t rows, std::int64_t memory, const BytesAt& bytes_at);

// Throws OutOfMemory, with the report and what would help, if the first run allocates more than the device has free.
// `lent` bytes count as free: an idle arena that the program can take over. `largest` gives the most rows for so much
// memory.
void expect_memory(const std::string& name, Device device, std::int64_t lent, const MemoryReport& report,
                   const std::function<std::int64_t(std::int64_t memory)>& largest);

}  // namespace weft::detail
