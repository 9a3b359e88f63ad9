// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <typeinfo>

namespace weft::detail {

// "Linear": a class's name without namespace and template arguments.
std::string type_name(const std::type_info& type);

}  // namespace weft::detail
