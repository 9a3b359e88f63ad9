// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>

namespace weft::detail {

// The extension of a path in lower case: ".png"; letters outside of ASCII stay as they are.
std::string extension_of(const std::filesystem::path& path);

}  // namespace weft::detail
