// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "weft/module.h"

namespace weft::detail {

// ValueError that names every parameter, buffer and module inside a module's object that lies in no listed member.
// Undefined variables are left out, and so are variables that another handle shares, because another module lists
// those.
void expect_all_listed(const std::string& path, Module& module, std::span<const std::byte> object,
                       std::span<const ListedMember> members);

}  // namespace weft::detail
