// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "core/api/report/memory_report.h"

namespace weft::detail {

// The bytes that a program takes with batches of so many rows.
using BytesAt = std::function<std::int64_t(std::int64_t rows)>;

// The most rows that take at most `memory` bytes; 0 when not even one does. The search starts at `rows`, and takes a
// number of rows that the program refuses for one that does not fit.
std::int64_t largest_rows(std::int64_t rows, std::int64_t memory, const BytesAt& bytes_at);

// OutOfMemory with the report and what would help, unless what a first run has to allocate fits the device, where
// `lent` bytes of what is in use are this program's to take over. `largest` gives the most rows that would.
void expect_memory(const std::string& name, Device device, std::int64_t lent, const MemoryReport& report,
                   const std::function<std::int64_t(std::int64_t memory)>& largest);

}  // namespace weft::detail
