// SPDX-License-Identifier: Apache-2.0
#include "weft/recipe_state.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "weft/ops.h"

namespace weft {

RecipeState::RecipeState(std::string recipe, TensorSpec parameter)
    : recipe_(std::move(recipe)), parameter_(std::move(parameter)), known_(false) {}
RecipeState::RecipeState(std::string recipe, TensorSpec parameter, std::vector<detail::KeptTensor> entries)
    : recipe_(std::move(recipe)), parameter_(std::move(parameter)), known_(true), entries_(std::move(entries)) {}

detail::KeptTensor* RecipeState::find(const std::string& name) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) { return e.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

Tensor RecipeState::get(const std::string& name) { return get(name, parameter_.shape); }

Tensor RecipeState::get(const std::string& name, const Shape& shape, double initial) {
  detail::KeptTensor* entry = find(name);
  if (!entry && known_)
    fail<ValueError>(recipe_, "the update asks for the state '", name, "', which it did not ask for at first; ask for ",
                     "the same state in every update of a parameter");
  if (!entry) {
    entries_.push_back({name, shape, initial, shape == parameter_.shape, full(shape, initial, parameter_.dtype)});
    entry = &entries_.back();
  }
  if (entry->shape != shape)
    fail<ShapeError>(recipe_, "the state '", name, "' is ", entry->shape, " and the update asks for ", shape,
                     "; a state keeps its shape");
  return entry->value;
}

void RecipeState::set(const std::string& name, const Tensor& value) {
  detail::KeptTensor* entry = find(name);
  if (!entry) fail<ValueError>(recipe_, "the update sets the state '", name, "' without asking for it; get() makes it");
  if (value.shape() != entry->shape)
    fail<ShapeError>(recipe_, "the state '", name, "' is ", entry->shape, ", the new value is ", value.shape());
  if (value.dtype() != parameter_.dtype)
    fail<DTypeError>(recipe_, "the state '", name, "' is ", parameter_.dtype, ", the new value is ", value.dtype(),
                     "; convert it with to()");
  entry->value = value;
}

}  // namespace weft
