// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "weft/detail/export.h"
#include "weft/detail/flag.h"
#include "weft/detail/tracked.h"
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

namespace detail {

// The bytes of a member and the name under which its module lists it.
struct ListedMember {
  std::string_view name;
  const void* begin = nullptr;
  std::size_t size = 0;
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
  // Called by WEFT_MODULE before the members, with the bytes of the module's object and of all that it lists.
  virtual void listed(Module& module, std::span<const std::byte> object, std::span<const detail::ListedMember> members);
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
// refuses all use with a ValueError. Derive, write forward(), and name the members with WEFT_MODULE. A parameter, a
// buffer or a module that lies inside the object and is not named is a ValueError of every function that walks the
// members.
class Module : public detail::Tracked<detail::TrackedKind::kModule> {
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

// Name of an element: "blocks.0", "heads.left". ValueError for an empty key and for one with a dot, because a dot parts
// names.
std::string element_name(std::string_view container, std::size_t index);
std::string element_name(std::string_view container, std::string_view key);

template <class T>
inline constexpr bool kMaybeOne = false;
template <class T>
inline constexpr bool kMaybeOne<std::optional<T>> = true;
template <class T, class D>
inline constexpr bool kMaybeOne<std::unique_ptr<T, D>> = true;

// A container whose elements have keys in an order of their own.
template <class T>
concept OrderedMap = requires {
  typename T::mapped_type;
  typename T::key_compare;
};

template <class T>
void visit_one(Visitor& visitor, std::string_view name, T& member) {
  if constexpr (std::derived_from<T, Parameter> || std::derived_from<T, Buffer>) {
    if (member.defined()) visitor.visit(name, member);
  } else if constexpr (std::derived_from<T, Module>) {
    Module& module = member;
    expect_present("members", module);
    if (visitor.enter(name, module)) module.members(visitor);
    visitor.leave();
  } else if constexpr (kMaybeOne<T>) {
    if (member) visit_one(visitor, name, *member);
  } else if constexpr (OrderedMap<T>) {
    for (auto& [key, element] : member) {
      if constexpr (std::integral<typename T::key_type>) {
        visit_one(visitor, element_name(name, std::to_string(key)), element);
      } else {
        visit_one(visitor, element_name(name, key), element);
      }
    }
  } else {
    static_assert(
        requires { std::begin(member); },
        "WEFT_MODULE takes parameters, buffers, modules, and arrays, vectors, lists, maps with an order, "
        "optionals and unique_ptrs of them");
    std::size_t index = 0;
    for (auto& element : member) visit_one(visitor, element_name(name, index++), element);
  }
}

// Cuts the first name off "weight, bias".
std::string_view next_name(std::string_view& names);

template <class M, class... Ms>
void visit_members(Visitor& visitor, M& module, [[maybe_unused]] std::string_view names, Ms&... members) {
  const std::array<ListedMember, sizeof...(Ms)> listed{ListedMember{next_name(names), &members, sizeof(members)}...};
  visitor.listed(module, {reinterpret_cast<const std::byte*>(&module), sizeof(module)}, listed);
  [[maybe_unused]] auto next = listed.begin();
  (visit_one(visitor, (next++)->name, members), ...);
}

// Reached where forward() does not take so many tensors.
[[noreturn]] void no_forward(const Module& module, std::size_t tensors);

template <class M, class Forward, class... Ts>
Tensor call(const M& module, Forward forward, Ts... arguments) {
  if constexpr (std::is_invocable_r_v<Tensor, Forward, const M&, Ts...>) {
    const ModuleScope scope(module);
    return scope.result(Tensor(forward(module, std::move(arguments)...)));
  } else {
    no_forward(module, sizeof...(Ts));
  }
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

// operator()(...) with all that forward() takes and returns. It stands beside WEFT_MODULE where forward() takes other
// things than one to four tensors, or gives more than a tensor. A local class cannot have it, as any member template.
#define WEFT_MODULE_CALL()                                                         \
  template <class... WeftArguments>                                                \
  auto operator()(WeftArguments&&... arguments) const {                            \
    ::weft::detail::ModuleScope scope(*this);                                      \
    return scope.result(this->forward(std::forward<WeftArguments>(arguments)...)); \
  }

#define WEFT_CALL_FORWARD(...)                                                                         \
  ::weft::detail::call(                                                                                \
      *this,                                                                                           \
      [](const auto& weft_self, auto... weft_x) -> decltype(weft_self.forward(std::move(weft_x)...)) { \
        return weft_self.forward(std::move(weft_x)...);                                                \
      },                                                                                               \
      __VA_ARGS__)

// Names the members of a module: parameters, buffers, modules; arrays, vectors, maps, optionals and unique_ptrs of
// them. operator() calls forward() with one to four tensors under the layer's name, so that errors name the layer path.
// ValueError where forward() takes another number of tensors. Stands in a public section.
#define WEFT_MODULE(...)                                                                                  \
  void members([[maybe_unused]] ::weft::Visitor& visitor) override {                                      \
    ::weft::detail::visit_members(visitor, *this, #__VA_ARGS__ __VA_OPT__(, ) __VA_ARGS__);               \
  }                                                                                                       \
  ::weft::Tensor operator()(::weft::Tensor weft_a) const { return WEFT_CALL_FORWARD(std::move(weft_a)); } \
  ::weft::Tensor operator()(::weft::Tensor weft_a, ::weft::Tensor weft_b) const {                         \
    return WEFT_CALL_FORWARD(std::move(weft_a), std::move(weft_b));                                       \
  }                                                                                                       \
  ::weft::Tensor operator()(::weft::Tensor weft_a, ::weft::Tensor weft_b, ::weft::Tensor weft_c) const {  \
    return WEFT_CALL_FORWARD(std::move(weft_a), std::move(weft_b), std::move(weft_c));                    \
  }                                                                                                       \
  ::weft::Tensor operator()(::weft::Tensor weft_a, ::weft::Tensor weft_b, ::weft::Tensor weft_c,          \
                            ::weft::Tensor weft_d) const {                                                \
    return WEFT_CALL_FORWARD(std::move(weft_a), std::move(weft_b), std::move(weft_c), std::move(weft_d)); \
  }

}  // namespace weft
