// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// A type that a Sequential holds: a module, or anything else that is called with a tensor and gives one, such as a
// lambda or weft::relu. A function with default arguments or overloads needs a lambda around it, because C++ cannot
// choose.
template <class M>
concept Layer = requires(std::remove_cvref_t<M>& layer, Tensor x) {
  { layer(x) } -> std::convertible_to<Tensor>;
}
&&(!std::derived_from<std::remove_cvref_t<M>, Module> || requires(const std::remove_cvref_t<M>& layer, Tensor x) {
  { layer.forward(x) } -> std::convertible_to<Tensor>;
});

// Layers called one after the other; their names are "0", "1", ...
class Sequential : public Module {
 public:
  Sequential();
  Sequential(Sequential&&) noexcept;
  Sequential& operator=(Sequential&&) noexcept;
  ~Sequential() override;
  // Takes modules over and copies other callables.
  template <class... Ms>
  requires(sizeof...(Ms) > 0 && (Layer<Ms> && ...) &&
           ((!std::is_lvalue_reference_v<Ms> ||
             !std::derived_from<std::remove_cvref_t<Ms>, Module>)&&...)) explicit Sequential(Ms&&... layers) {
    (push_back(std::forward<Ms>(layers)), ...);
  }

  // Adds a layer behind the others.
  template <Layer M>
  Sequential& push_back(M&& layer) {
    return add(hold(std::forward<M>(layer)));
  }
  // Puts another layer in the place of layer `index`; ValueError when there is none.
  template <Layer M>
  void replace(std::size_t index, M&& layer) {
    at(index) = hold(std::forward<M>(layer));
  }
  // The layer at `index`; ValueError when there is none or it is not an M.
  template <std::derived_from<Module> M>
  M& get(std::size_t index) {
    M* layer = dynamic_cast<M*>(at(index).module.get());
    if (!layer) wrong_type(index, typeid(M));
    return *layer;
  }
  // Number of layers.
  std::size_t size() const;

  // The last layer's result.
  Tensor forward(Tensor x) const;
  // ValueError for a layer that has no remake().
  Sequential remake() const;
  void members(Visitor& visitor) override;
  WEFT_MODULE_CALL()

 private:
  struct Held {
    std::unique_ptr<Module> module;  // null for another callable
    std::function<Tensor(Tensor)> call;
    std::function<Held()> remake;  // empty for a module without remake(), and for a callable that cannot be copied
  };

  template <class M>
  static Held hold(M&& layer) {
    using Kept = std::remove_cvref_t<M>;
    static_assert(!std::derived_from<Kept, Module> || !std::is_lvalue_reference_v<M>,
                  "a Sequential owns its layers: std::move it in");
    Held held;
    if constexpr (std::derived_from<Kept, Module>) {
      auto owned = std::make_unique<Kept>(std::forward<M>(layer));
      const Kept* self = owned.get();  // on the heap: stays where it is when the Sequential moves
      held.call = [self](Tensor x) { return (*self)(std::move(x)); };
      if constexpr (requires {
                      { self->remake() } -> std::same_as<Kept>;
                    })
        held.remake = [self] { return hold(self->remake()); };
      held.module = std::move(owned);
    } else if constexpr (std::is_copy_constructible_v<std::decay_t<M>>) {
      held = callable(std::forward<M>(layer));
    } else {
      auto owned = std::make_shared<Kept>(std::forward<M>(layer));
      held.call = [owned](Tensor x) -> Tensor { return (*owned)(std::move(x)); };
    }
    return held;
  }
  // ValueError for an empty function.
  static Held callable(std::function<Tensor(Tensor)> call);
  Sequential& add(Held held);
  Held& at(std::size_t index);
  [[noreturn]] void wrong_type(std::size_t index, const std::type_info& wanted) const;

  std::vector<Held> layers_;
};

}  // namespace weft
