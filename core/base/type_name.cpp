// SPDX-License-Identifier: Apache-2.0
#include "core/base/type_name.h"

#include <cxxabi.h>

#include <cctype>
#include <cstdlib>
#include <memory>

namespace weft::detail {
namespace {

// Takes the name at the end off: "f(int)", "weft" or "(anonymous namespace)".
void drop_name(std::string& text) {
  for (int open = 0; !text.empty(); text.pop_back()) {
    const char c = text.back();
    open += c == ')' ? 1 : c == '(' ? -1 : 0;
    const bool named = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '(' || c == ')';
    if (open == 0 && !named) return;
  }
}

}  // namespace

std::string type_name(const std::type_info& type) {
  int status = 0;
  const char* mangled = type.name();
  const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                     std::free);
  const std::string full = status == 0 ? plain.get() : mangled;
  std::string name;
  for (const char c : full) {
    name += c;
    if (!name.ends_with("::")) continue;
    name.resize(name.size() - 2);
    drop_name(name);
  }
  return name;
}

}  // namespace weft::detail
