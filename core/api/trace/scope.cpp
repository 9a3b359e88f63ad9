// SPDX-License-Identifier: Apache-2.0
#include "weft/scope.h"

#include "core/api/trace/tracer.h"
#include "core/base/check.h"

namespace weft {

Scope::Scope(std::string_view name) : before_(current_path()) {
  if (name.empty()) return;
  std::string path = before_;
  if (!path.empty()) path += '.';
  set_current_path(path.append(name));
}

Scope::~Scope() { set_current_path(std::move(before_)); }

const std::string& Scope::path() { return current_path(); }

bool tracing() { return detail::Tracer::current() != nullptr; }

}  // namespace weft
