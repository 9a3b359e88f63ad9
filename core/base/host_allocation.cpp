// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/host_allocation.h"

#include "core/base/check.h"

namespace weft::detail {

void out_of_host_memory(const char* op, const std::string& path, std::size_t bytes) {
  const std::string& place = path.empty() ? current_path() : path;
  if (bytes == 0)
    fail_at<OutOfMemory>(op, place, "the system has no more host memory for what is asked; ask for less at a time");
  fail_at<OutOfMemory>(op, place, "asked for ", bytes,
                       " bytes of host memory, and the system has not so much; ask for less at a time");
}

}  // namespace weft::detail
