// SPDX-License-Identifier: Apache-2.0
#include "weft/recipe_state.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {

RecipeState::RecipeState(std::string recipe, TensorSpec parameter)
    : recipe_(std::move(recipe)), parameter_(std::move(parameter)), known_(false) {}
RecipeState::RecipeState(std::string recipe, TensorSpec parameter, detail::KeptValues kept)
    : recipe_(std::move(recipe)), parameter_(std::move(parameter)), known_(true), kept_(std::move(kept)) {}

template <class Entry>
Entry* RecipeState::find(std::vector<Entry>& entries, const std::string& name) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

void RecipeState::refuse_new(const std::string& name) const {
  fail<ValueError>(recipe_, "the update asks for the state '", name, "', which it did not ask for at first; ask for ",
                   "the same state in every update of a parameter");
}

void RecipeState::refuse_unasked(const std::string& name, const char* door) const {
  fail<ValueError>(recipe_, "the update sets the state '", name, "' without asking for it; ", door, " makes it");
}

Tensor RecipeState::get(const std::string& name) { return get(name, parameter_.shape); }

Tensor RecipeState::get(const std::string& name, const Shape& shape, double initial) {
  detail::KeptTensor* entry = find(kept_.tensors, name);
  if (!entry && known_) refuse_new(name);
  if (!entry) {
    kept_.tensors.push_back({name, shape, initial, shape == parameter_.shape, full(shape, initial, parameter_.dtype)});
    entry = &kept_.tensors.back();
  }
  if (entry->shape != shape)
    fail<ShapeError>(recipe_, "the state '", name, "' is ", entry->shape, " and the update asks for ", shape,
                     "; a state keeps its shape");
  return entry->value;
}

Tensor RecipeState::start(const std::string& name, const Tensor& value) {
  const Tensor kept = get(name, parameter_.shape, std::numeric_limits<double>::quiet_NaN());
  return where(equal(kept, kept), kept, value);
}

void RecipeState::set(const std::string& name, const Tensor& value) {
  detail::KeptTensor* entry = find(kept_.tensors, name);
  if (!entry) refuse_unasked(name, "get()");
  if (value.shape() != entry->shape)
    fail<ShapeError>(recipe_, "the state '", name, "' is ", entry->shape, ", the new value is ", value.shape());
  if (value.dtype() != parameter_.dtype)
    fail<DTypeError>(recipe_, "the state '", name, "' is ", parameter_.dtype, ", the new value is ", value.dtype(),
                     "; convert it with to()");
  entry->value = value;
}

Number RecipeState::number(const std::string& name, double initial) {
  detail::KeptNumber* entry = find(kept_.numbers, name);
  if (!entry && known_) refuse_new(name);
  if (!entry) {
    kept_.numbers.push_back({name, initial, Number(full({}, initial, DType::kF64), {})});
    entry = &kept_.numbers.back();
  }
  return entry->value;
}

void RecipeState::set(const std::string& name, const Number& value) {
  detail::KeptNumber* entry = find(kept_.numbers, name);
  if (!entry) refuse_unasked(name, "number()");
  entry->value = value;
}

}  // namespace weft
