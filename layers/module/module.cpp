// SPDX-License-Identifier: Apache-2.0
#include "weft/module.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/type_name.h"
#include "layers/module/unlisted.h"
#include "weft/error.h"

namespace weft {
namespace {

// A visitor that knows the path of the member at hand.
class PathVisitor : public Visitor {
 public:
  bool enter(std::string_view name, Module& module) override {
    lengths_.push_back(path_.size());
    path_ = joined(name);
    entered(path_, module);
    return true;
  }
  void leave() override {
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }
  void visit(std::string_view, Parameter&) override {}
  void visit(std::string_view, Buffer&) override {}
  void listed(Module& module, std::span<const std::byte> object,
              std::span<const detail::ListedMember> members) override {
    detail::expect_all_listed(path_, module, object, members);
  }

 protected:
  virtual void entered(const std::string&, Module&) {}
  std::string joined(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }

 private:
  std::string path_;
  std::vector<std::size_t> lengths_;
};

using OnVariable = std::function<void(const std::string&, Variable&, bool)>;

class VariableVisitor : public PathVisitor {
 public:
  explicit VariableVisitor(const OnVariable& f) : f_(f) {}
  void visit(std::string_view name, Parameter& parameter) override { f_(joined(name), parameter, true); }
  void visit(std::string_view name, Buffer& buffer) override { f_(joined(name), buffer, false); }

 private:
  const OnVariable& f_;
};

using OnModule = std::function<void(const std::string&, Module&)>;

class ModuleVisitor : public PathVisitor {
 public:
  explicit ModuleVisitor(const OnModule& f) : f_(f) {}

 protected:
  void entered(const std::string& path, Module& module) override { f_(path, module); }

 private:
  const OnModule& f_;
};

}  // namespace

Visitor::~Visitor() = default;
void Visitor::listed(Module&, std::span<const std::byte>, std::span<const detail::ListedMember>) {}

Module::Module() = default;

Module::Module(Module&& from) noexcept
    : training_(from.training_),
      frozen_(from.frozen_),
      moved_from_(std::exchange(from.moved_from_, true)),
      place_(std::move(from.place_)) {
  if (place_) place_->module = this;
}

Module& Module::operator=(Module&& from) noexcept {
  if (this == &from) return *this;
  if (place_) place_->module = nullptr;
  training_ = from.training_;
  frozen_ = from.frozen_;
  moved_from_ = std::exchange(from.moved_from_, true);
  place_ = std::move(from.place_);
  if (place_) place_->module = this;
  return *this;
}

Module::~Module() {
  if (place_) place_->module = nullptr;
}

Parameters Module::parameters() {
  Parameters out;
  detail::for_each_variable(*this, [&](const std::string& path, Variable& variable, bool trained) {
    if (trained) out.add(path, variable);
  });
  return out;
}

Parameters Module::trainable_parameters() {
  const Parameters all = parameters();
  Parameters out;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].trainable()) out.add(all.name(i), all[i]);
  return out;
}

Parameters Module::buffers() {
  Parameters out;
  detail::for_each_variable(*this, [&](const std::string& path, Variable& variable, bool trained) {
    if (!trained) out.add(path, variable);
  });
  return out;
}

std::vector<StateEntry> Module::state_dict() {
  std::vector<StateEntry> out;
  detail::for_each_variable(*this, [&](const std::string& path, Variable& variable, bool) {
    out.push_back({path, variable});
  });
  return out;
}

void Module::train(bool on) {
  apply([on](const std::string&, Module& module) { module.training_.set(on); });
}

void Module::set_frozen(bool on) {
  apply([on](const std::string&, Module& module) { module.frozen_.set(on); });
  detail::for_each_variable(*this, [on](const std::string&, Variable& variable, bool trained) {
    if (trained) variable.set_trainable(!on);
  });
}

void Module::to(Device device) {
  detail::for_each_variable(*this, [device](const std::string&, Variable& variable, bool) { variable.to(device); });
}

void Module::initialize(std::uint64_t seed) {
  detail::for_each_variable(*this, [seed](const std::string& path, Variable& variable, bool) {
    if (variable.initialized()) return;
    // The path under this module keys the draw, so it replaces a path that a submodule has given.
    variable.set_path(path);
    variable.initialize(seed);
  });
}

void Module::apply(const std::function<void(const std::string& path, Module& module)>& f) {
  detail::expect_present("apply", *this);
  f("", *this);
  ModuleVisitor visitor(f);
  members(visitor);
}

namespace detail {

void for_each_variable(Module& module, const OnVariable& f) {
  expect_present("members", module);
  VariableVisitor visitor(f);
  module.members(visitor);
}

ModuleRef::ModuleRef(Module& module) {
  expect_present("module", module);
  if (!module.place_) module.place_ = std::make_shared<ModulePlace>(ModulePlace{&module});
  place_ = module.place_;
}

Module& ModuleRef::get(const char* op) const {
  if (!place_->module)
    fail<ValueError>(op, "the model is gone: it was destroyed, or another was assigned to it; keep it as long as what ",
                     "works on it");
  return *place_->module;
}

void expect_present(const char* op, const Module& module) {
  if (module.moved_from())
    fail<ValueError>(op, "this ", type_name(module), " was moved to another object; use that one, and make functions ",
                     "that refer to a model after its last move");
}

std::string type_name(const Module& module) { return type_name(typeid(module)); }

void copy_state(Module& from, Module& to) {
  std::vector<Variable> source;
  for_each_variable(from, [&](const std::string&, Variable& variable, bool) { source.push_back(variable); });
  std::map<const Cell*, Variable> clones;
  std::size_t next = 0;
  for_each_variable(to, [&](const std::string& path, Variable& variable, bool) {
    if (next == source.size() || source[next].shape() != variable.shape())
      fail_at<ShapeError>("clone", path, "remake() gives other variables than the module itself has");
    const Variable& original = source[next++];
    const auto [place, fresh] = clones.try_emplace(original.cell().get());
    if (fresh) {
      static_cast<void>(original.value());  // draws a pending value, which two cells would draw apart
      place->second = original.clone();
    }
    variable = place->second;
  });
  if (next != source.size())
    fail_at<ShapeError>("clone", "", "remake() gives fewer variables than the module itself has");
  std::vector<std::pair<bool, bool>> modes;
  from.apply([&](const std::string&, Module& module) { modes.emplace_back(module.training(), module.frozen()); });
  // Parents come first, so that a child's own mode is set last.
  std::size_t index = 0;
  to.apply([&](const std::string& path, Module& module) {
    if (index == modes.size())
      fail_at<ShapeError>("clone", path, "remake() gives more modules than the module itself has");
    const auto [training, frozen] = modes[index++];
    module.train(training);
    if (frozen != module.frozen()) frozen ? module.freeze() : module.unfreeze();
  });
  next = 0;
  for_each_variable(
      to, [&](const std::string&, Variable& variable, bool) { variable.set_trainable(source[next++].trainable()); });
}

std::string element_name(std::string_view container, std::size_t index) {
  return std::string(container) + "." + std::to_string(index);
}

std::string element_name(std::string_view container, std::string_view key) {
  if (key.empty() || key.find('.') != std::string_view::npos)
    fail_at<ValueError>("members", std::string(container), "the map has the key '", key,
                        "'; a key is a part of names, is not empty and has no dot");
  return std::string(container) + "." + std::string(key);
}

void no_forward(const Module& module, std::size_t tensors) {
  expect_present("call", module);
  fail<ValueError>("call", type_name(module), " has no forward() const that takes ", tensors,
                   " tensors and gives a tensor; give as many as it takes, or add WEFT_MODULE_CALL() to the class");
}

std::string_view next_name(std::string_view& names) {
  const std::size_t comma = names.find(',');
  std::string_view name = names.substr(0, comma);
  names = comma == std::string_view::npos ? std::string_view() : names.substr(comma + 1);
  constexpr std::string_view kSpace = " \t\n";
  name.remove_prefix(std::min(name.find_first_not_of(kSpace), name.size()));
  return name.substr(0, name.find_last_not_of(kSpace) + 1);
}

}  // namespace detail
}  // namespace weft
