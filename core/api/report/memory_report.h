// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "core/api/trace/tracer.h"
#include "core/exec/executable.h"
#include "weft/memory_report.h"

namespace weft::detail {

// The memory of a finished trace's program; the report's `program` is left to the caller.
MemoryReport memory_report(const Trace& trace, const exec::Executable& program);

// "1.5 GiB"
std::string human_bytes(std::int64_t bytes);

}  // namespace weft::detail
