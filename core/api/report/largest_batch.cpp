// SPDX-License-Identifier: Apache-2.0
#include "core/api/report/largest_batch.h"

#include "core/base/check.h"

namespace weft::detail {
namespace {

// False also if the program refuses the rows: batch norm refuses one row, and too many rows overflow an address.
bool fits(std::int64_t rows, std::int64_t memory, const BytesAt& bytes_at) {
  try {
    return bytes_at(rows) <= memory;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::int64_t largest_rows(std::int64_t rows, std::int64_t memory, const BytesAt& bytes_at) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t good = 0, bad = rows;
  while (bad <= kMost && fits(bad, memory, bytes_at)) {
    good = bad;
    bad *= 2;
  }
  while (bad - good > 1) {
    const std::int64_t middle = good + (bad - good) / 2;
    (fits(middle, memory, bytes_at) ? good : bad) = middle;
  }
  return good;
}

void expect_memory(const std::string& name, Device device, std::int64_t lent, const MemoryReport& report,
                   const std::function<std::int64_t(std::int64_t memory)>& largest) {
  const std::int64_t there = free_memory(device) + lent;
  if (report.still_needed() <= there) return;
  const std::int64_t rows = largest(there);
  fail<OutOfMemory>("compile", "program '", name, "' needs ", human_bytes(report.still_needed()), " more on ",
                    device.name(), ", which has ", human_bytes(there), " left:\n", report.text(),
                    "what would help: ", rows > 0 ? cat("batches of at most ", rows, " rows") : "a smaller model",
                    "; smaller batches whose gradients are accumulated; activations in bf16");
}

}  // namespace weft::detail
