// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

namespace weft::detail {

// digits.csv.gz as it is; cmake/embed.cmake writes the definition.
extern const unsigned char embedded_digits[];
extern const std::size_t embedded_digits_size;

}  // namespace weft::detail
