// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "weft/npy.h"

namespace weft::data {

// The arrays in these bytes of a file; `keep` owns them. FormatError and DTypeError naming `path`.
std::vector<std::pair<std::string, Tensor>> parse_npz(std::span<const std::byte> bytes,
                                                      const std::shared_ptr<const void>& keep, const std::string& path);

}  // namespace weft::data
