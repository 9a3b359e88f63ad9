// SPDX-License-Identifier: Apache-2.0
#include "core/base/type_name.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace weft::detail {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const char* mangled = type.name();
  const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                     std::free);
  const std::string full = status == 0 ? plain.get() : mangled;
  const std::size_t end = full.find('<');  // template arguments have namespaces of their own
  const std::size_t colon = full.rfind("::", end);
  return colon == std::string::npos ? full : full.substr(colon + 2);
}

}  // namespace weft::detail
