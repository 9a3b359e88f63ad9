// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// Makes `bytes` the whole content of a file, as every writer of weft does. A regular file appears complete or not at
// all: a temporary file beside it is synced, then renamed. Links are followed; devices and pipes are written to, never
// replaced. FormatError with `op` and the path where that cannot be: no permission, no space, a directory.
void replace_file(const std::filesystem::path& path, std::string_view bytes, const std::string& op = "file");

}  // namespace weft
