// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

namespace weft::detail {

// A format that weft does not read, but people hand to it.
struct ForeignKind {
  std::string_view name;  // "a zip archive"
  bool torch = false;     // torch.save writes it
};

// The format of a file that begins with these bytes, 16 of them where the file has so many; none where they are no
// known mark.
std::optional<ForeignKind> foreign_kind(std::string_view begin);

}  // namespace weft::detail
