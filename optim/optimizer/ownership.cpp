// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/ownership.h"

#include <mutex>
#include <set>

#include "core/base/lasting.h"

namespace weft::detail {
namespace {

struct Registry {
  std::mutex mutex;
  std::multiset<const Cell*> cells;
};

Registry& registry() {
  static const Lasting<Registry> it;
  return *it;
}

}  // namespace

Ownership::Ownership(const Parameters& parameters) : variables_(parameters.begin(), parameters.end()) {
  const std::lock_guard lock(registry().mutex);
  for (const Variable& v : variables_) registry().cells.insert(v.cell().get());
}

Ownership::~Ownership() {
  const std::lock_guard lock(registry().mutex);
  for (const Variable& v : variables_) registry().cells.erase(registry().cells.find(v.cell().get()));
}

bool Ownership::held(const Variable& variable) {
  const std::lock_guard lock(registry().mutex);
  return registry().cells.contains(variable.cell().get());
}

}  // namespace weft::detail
