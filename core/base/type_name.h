// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <typeinfo>

namespace weft::detail {

// "Linear", "WeightNorm<Linear>": a class's name without namespaces, and without the function that a local class is in.
std::string type_name(const std::type_info& type);

}  // namespace weft::detail
