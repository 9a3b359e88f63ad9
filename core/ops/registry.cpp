// SPDX-License-Identifier: Apache-2.0
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/ops/list.h"
#include "core/ops/op.h"

namespace weft::ops {
namespace {

void expect_complete(const OpDef& def) {
  if (def.name.empty() || !def.infer) fail<ValueError>(def.name, "an op needs a name and a shape rule");
  if (const std::string_view fact = missing_fact(def.facts); !fact.empty())
    fail<ValueError>(def.name, "the op leaves out the fact '", fact, "'; opaque_facts() has the safe answer to each");
}

// The definition with a shape rule that checks its own results. Rules only multiply and add sizes, so the next rule
// cannot forget that sizes may be too large.
OpDef addressable(OpDef def) {
  def.infer = [name = def.name, infer = std::move(def.infer)](std::span<const TensorSpec> in,
                                                              const Attributes& attributes) {
    std::vector<TensorSpec> out = infer(in, attributes);
    for (const TensorSpec& spec : out) expect_addressable(name, spec);
    return out;
  };
  return def;
}

// References into the map stay valid while it grows, so find_op() may hand them out.
class Registry {
 public:
  Registry() {
    for (OpDef& def : builtin_definitions()) {
      expect_complete(def);
      const std::string name = def.name;
      builtin_.push_back(name);
      table_.emplace(name, addressable(std::move(def)));
    }
  }

  const OpDef* find(const std::string& name) const {
    const std::shared_lock lock(mutex_);
    const auto found = table_.find(name);
    return found == table_.end() ? nullptr : &found->second;
  }

  bool add(OpDef def) {
    const std::unique_lock lock(mutex_);
    std::string name = def.name;
    return table_.emplace(std::move(name), std::move(def)).second;
  }

  const std::vector<std::string>& builtin() const { return builtin_; }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, OpDef> table_;
  std::vector<std::string> builtin_;
};

Registry& registry() {
  static const Lasting<Registry> instance;
  return *instance;
}

}  // namespace

const OpDef& find_op(OpId op) {
  if (!op) fail<Error>("", "a node has no op");
  const OpDef* def = registry().find(op.name());
  if (!def) fail<Error>(op.name(), "no op of this name is registered");
  return *def;
}

void register_op(OpDef def) {
  expect_complete(def);
  const std::string name = def.name;
  if (!registry().add(addressable(std::move(def)))) fail<ValueError>(name, "an op of this name is registered already");
}

std::vector<std::string> builtin_ops() { return registry().builtin(); }

}  // namespace weft::ops
