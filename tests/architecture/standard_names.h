// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

namespace weft::testing {

struct StandardHeader {
  std::string_view header;  // "algorithm"
  std::string_view names;   // names of namespace std, separated by spaces
};

// The names that the project uses, by the standard header that declares them. A name under several headers comes with
// any of them; names that nearly every header brings (size_t, move, pair) are left out.
const std::vector<StandardHeader>& standard_headers();

}  // namespace weft::testing
