// SPDX-License-Identifier: Apache-2.0
#include "layers/module/unlisted.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

using ModuleBase = Tracked<TrackedKind::kModule>;
using ParameterBase = Tracked<TrackedKind::kParameter>;
using BufferBase = Tracked<TrackedKind::kBuffer>;

// Addresses are those of living objects, so the bases are there.
template <class T, class Base>
T& object_at(const void* address) {
  return *static_cast<T*>(const_cast<Base*>(static_cast<const Base*>(address)));
}

// The bytes of a module's object, as its own WEFT_MODULE states them.
class ObjectBytes : public Visitor {
 public:
  explicit ObjectBytes(Module& module) : module_(&module) { module.members(*this); }
  const std::byte* end() const { return end_; }

  bool enter(std::string_view, Module&) override { return false; }
  void leave() override {}
  void visit(std::string_view, Parameter&) override {}
  void visit(std::string_view, Buffer&) override {}
  void listed(Module& module, std::span<const std::byte> object, std::span<const ListedMember>) override {
    if (&module == module_) end_ = object.data() + object.size();
  }

 private:
  Module* module_;
  const std::byte* end_ = nullptr;
};

bool lies_in(const void* address, const ListedMember& member) {
  const auto* const begin = static_cast<const std::byte*>(member.begin);
  const auto* const at = static_cast<const std::byte*>(address);
  return std::less_equal<>()(begin, at) && std::less<>()(at, begin + member.size);
}

// "a Parameter (3, 4)"; empty for a variable that needs no list.
std::string text_of(const char* type, const Variable& variable) {
  if (!variable.defined() || variable.cell().use_count() > 1) return {};
  return cat("a ", type, " ", variable.shape());
}

std::string text_of(const TrackedObject& object) {
  switch (object.kind) {
    case TrackedKind::kParameter:
      return text_of("Parameter", object_at<Parameter, ParameterBase>(object.address));
    case TrackedKind::kBuffer:
      return text_of("Buffer", object_at<Buffer, BufferBase>(object.address));
    case TrackedKind::kModule:
      break;
  }
  return "a " + type_name(object_at<Module, ModuleBase>(object.address));
}

// " behind 'up'", the listed member in front of an address.
std::string place_of(const void* address, std::span<const ListedMember> members) {
  const ListedMember* before = nullptr;
  for (const ListedMember& member : members)
    if (std::less<>()(member.begin, address) && (!before || std::less<>()(before->begin, member.begin)))
      before = &member;
  if (before) return cat(" behind '", before->name, "'");
  return members.empty() ? "" : " in front of the listed members";
}

}  // namespace

void expect_all_listed(const std::string& path, Module& module, std::span<const std::byte> object,
                       std::span<const ListedMember> members) {
  std::string found;
  const void* told = nullptr;  // end of the last module in the text, whose own members need no mention
  for (const TrackedObject& inside : tracked_in(object.data(), object.size())) {
    if (inside.address == static_cast<const ModuleBase*>(&module) || std::less<>()(inside.address, told)) continue;
    if (std::any_of(members.begin(), members.end(), [&](const auto& m) { return lies_in(inside.address, m); }))
      continue;
    const std::string text = text_of(inside);
    if (text.empty()) continue;
    found += (found.empty() ? "" : ", ") + text + place_of(inside.address, members);
    if (inside.kind == TrackedKind::kModule) told = ObjectBytes(object_at<Module, ModuleBase>(inside.address)).end();
  }
  if (!found.empty())
    fail_at<ValueError>("members", path, type_name(module), " holds ", found,
                        ", which WEFT_MODULE does not list; name it there, or refer to it if another module owns it");
}

}  // namespace weft::detail
