// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

namespace weft::kernels {

// Bytes up to where the next part of a workspace begins.
constexpr std::size_t padded(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

}  // namespace weft::kernels
