// SPDX-License-Identifier: Apache-2.0
#include "core/io/extension.h"

#include <algorithm>

namespace weft::detail {

std::string extension_of(const std::filesystem::path& path) {
  std::string text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace weft::detail
