// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace weft::testing {

// Basic blocks of the counted files that this thread has executed.
std::uint64_t executed_blocks();

}  // namespace weft::testing
