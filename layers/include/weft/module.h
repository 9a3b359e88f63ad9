// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/detail/flag.h"
#include "weft/scope.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft WEFT_EXPORT {

class Module;

namespace detail {

// The object that a module is now: a move passes it on, and the end of the module clears it.
struct ModulePlace {
  Module* module = nullptr;
};

// Finds a module wherever it has been moved to.
class ModuleRef {
 public:
  ModuleRef(Module& module);  // implicit, because it stands for a reference
  // ValueError, naming `op`, if the module has been destroyed or another was assigned to it.
  Module& get(const char* op) const;
  bool gone() const { return place_->module == nullptr; }

 private:
  std::shared_ptr<ModulePlace> place_;
};

}  // namespace detail

// Walks a module's named members, in the order of WEFT_MODULE. Undefined variables are not shown.
class Visitor {
 public:
  virtual ~Visitor();
  // Called before a submodule's members; false skips them, and leave() is called all the same.
  virtual bool enter(std::string_view name, Module& module) = 0;
  virtual void leave() = 0;
  virtual void visit(std::string_view name, Parameter& parameter) = 0;
  virtual void visit(std::string_view name, Buffer& buffer) = 0;
};

// One variable of a module under its path.
struct StateEntry {
  // path of the module and name of the member: "2.weight"
  std::string name;
  // handle of the variable
  Variable variable;
};

// A layer or a model: named variables, submodules, a mode. Move only, because a copy could share variables or clone
// them; clone() clones. Trainers and checkpoints follow a module that is moved. The object that it was moved from
// refuses all use with a ValueError. Derive, write forward(), and name the members with WEFT_MODULE.
class Module {
 public:
  Module();
  Module(Module&&) noexcept;
  Module& operator=(Module&&) noexcept;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module();

  virtual void members(Visitor& visitor) = 0;  // written by WEFT_MODULE

  // All parameters in the order of declaration, frozen ones included, tied cells once under their first path. Cells
  // that have no path yet take this one.
  Parameters parameters();
  // The parameters that are trainable, and the variables that are no parameters.
  Parameters trainable_parameters();
  Parameters buffers();
  // Parameters and buffers as they are written to disk, with PyTorch's names. A tied cell stands there once per name.
  std::vector<StateEntry> state_dict();

  // The mode of this module and everything below it. Compiled programs pick the trace of the mode.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_.get(); }
  // Freezes the module: no gradients, no new running statistics, norm layers in inference mode. train() does not undo
  // it.
  void freeze() { set_frozen(true); }
  void unfreeze() { set_frozen(false); }
  bool frozen() const { return frozen_.get(); }
  // True once the module has been moved to another object.
  bool moved_from() const { return moved_from_; }

  // Moves all variables to a device.
  void to(Device device);
  // Draws every value that does not exist yet, keyed by (seed, path).
  void initialize(std::uint64_t seed);
  // Calls f with this module (path "") and every module below it, parents first.
  void apply(const std::function<void(const std::string& path, Module& module)>& f);

 private:
  friend class detail::ModuleRef;
  void set_frozen(bool on);
  Flag training_{true};
  Flag frozen_{false};
  bool moved_from_ = false;
  std::shared_ptr<detail::ModulePlace> place_;  // null until somebody wants to follow the module
};

namespace detail {

// ValueError, naming `op`, for a module that was moved from.
void expect_present(const char* op, const Module& module);
// Calls f for every defined variable of a module with its path; `trained` tells parameters from buffers.
void for_each_variable(Module& module,
                       const std::function<void(const std::string& path, Variable& variable, bool trained)>& f);
// "Linear": the class of a module, without namespace.
std::string type_name(const Module& module);

// Puts a module's name, looked up in the calling module, on the layer path while its forward() runs.
class ModuleScope {
 public:
  [[nodiscard]] explicit ModuleScope(const Module& module);
  ~ModuleScope();
  ModuleScope(const ModuleScope&) = delete;
  ModuleScope& operator=(const ModuleScope&) = delete;

  // Passes a result on; summary() listens here.
  template <class R>
  R result(R value) const {
    if constexpr (std::same_as<R, Tensor>) record(value);
    return value;
  }

 private:
  void record(const Tensor& output) const;
  const Module* module_;
  const ModuleScope* caller_;
  Scope scope_;
};

// Gives `to` clones of `from`'s cells (ties kept, pending values drawn) and modes. Both have the same structure.
void copy_state(Module& from, Module& to);

inline void visit_one(Visitor& visitor, std::string_view name, Parameter& parameter) {
  if (parameter.defined()) visitor.visit(name, parameter);
}
inline void visit_one(Visitor& visitor, std::string_view name, Buffer& buffer) {
  if (buffer.defined()) visitor.visit(name, buffer);
}
inline void visit_one(Visitor& visitor, std::string_view name, Module& module) {
  expect_present("members", module);
  if (visitor.enter(name, module)) module.members(visitor);
  visitor.leave();
}
template <class T>
void visit_one(Visitor& visitor, std::string_view name, std::unique_ptr<T>& member) {
  if (member) visit_one(visitor, name, *member);
}
template <class T>
void visit_one(Visitor& visitor, std::string_view name, std::optional<T>& member) {
  if (member) visit_one(visitor, name, *member);
}
template <class T>
void visit_one(Visitor& visitor, std::string_view name, std::vector<T>& members) {
  for (std::size_t i = 0; i < members.size(); ++i)
    visit_one(visitor, std::string(name) + "." + std::to_string(i), members[i]);
}

// Cuts the first name off "weight, bias".
std::string_view next_name(std::string_view& names);

template <class... Ms>
void visit_members([[maybe_unused]] Visitor& visitor, [[maybe_unused]] std::string_view names, Ms&... members) {
  (visit_one(visitor, next_name(names), members), ...);
}

}  // namespace detail

// A module with cells of its own and the same values and modes. M gives its structure: `M remake() const` returns a
// module built with the same arguments. Tied cells stay tied.
template <std::derived_from<Module> M>
M clone(M& module) {
  M copy = module.remake();
  detail::copy_state(module, copy);
  return copy;
}

// operator()(...) calls forward() under the layer's name, so that errors name the layer path.
#define WEFT_MODULE_CALL()                                                         \
  template <class... WeftArguments>                                                \
  auto operator()(WeftArguments&&... arguments) const {                            \
    ::weft::detail::ModuleScope scope(*this);                                      \
    return scope.result(this->forward(std::forward<WeftArguments>(arguments)...)); \
  }

// Names the members of a module (parameters, buffers, modules; optional, unique_ptr and vectors of them) and turns
// forward() into operator(). Stands in a public section.
#define WEFT_MODULE(...)                                                             \
  void members([[maybe_unused]] ::weft::Visitor& visitor) override {                 \
    ::weft::detail::visit_members(visitor, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__); \
  }                                                                                  \
  WEFT_MODULE_CALL()

}  // namespace weft
