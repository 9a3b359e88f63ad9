// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/recipe.h"

namespace weft::detail {

// A recipe around another. W has the wrapper's own numbers and may have
//   static Tensor gradient(const Numbers& h, const Tensor& p, const Tensor& g): what the inner recipe gets;
//   static Tensor after(const Numbers& h, const Tensor& p, const Tensor& next, RecipeState& s): the new value,
//   from that of the inner recipe;
//   evaluation() and check_shape(), as a recipe has them.
// State that W keeps begins with the wrapper's name, so that it has names of its own.
template <class W>
class Wrapper final : public RecipeModel {
 public:
  Wrapper(std::string name, Recipe inner, W own)
      : name_(std::move(name)), inner_(std::move(inner)), own_(std::move(own)) {}

  const std::type_info& type() const override { return typeid(W); }
  std::string name() const override { return name_ + "(" + inner_.name() + ")"; }
  bool same_type(const RecipeModel& other) const override {
    return type() == other.type() && inner_.same_type(static_cast<const Wrapper&>(other).inner_);
  }
  std::vector<RecipeNumber> numbers() const override {
    NumberReader reader;
    own_.weft_read(reader);
    for (RecipeNumber& number : reader.numbers) number.name = name_ + "." + number.name;
    for (RecipeNumber& number : inner_.numbers()) reader.numbers.push_back(std::move(number));
    return std::move(reader.numbers);
  }
  void check() const override {
    own_.check();
    inner_.check();
  }
  void check_shape(const Shape& parameter) const override {
    if constexpr (requires { own_.check_shape(parameter); }) own_.check_shape(parameter);
    inner_.check_shape(parameter);
  }
  Tensor update(NumberWriter& numbers, const Tensor& p, const Tensor& g, RecipeState& state) const override {
    const typename W::Numbers h = numbers_of<W>(numbers);
    const auto given = [&] {
      if constexpr (requires { W::gradient(h, p, g); }) return W::gradient(h, p, g);
      return g;
    };
    Tensor next = inner_.update(numbers, p, given(), state);
    if constexpr (requires { W::after(h, p, next, state); }) return W::after(h, p, next, state);
    return next;
  }
  bool averages() const override { return Averages<W> || inner_.averages(); }
  Tensor evaluation(NumberWriter& numbers, const Tensor& p, RecipeState& state) const override {
    const typename W::Numbers h = numbers_of<W>(numbers);
    if constexpr (Averages<W>) return W::evaluation(h, p, state);
    return inner_.evaluation(numbers, p, state);
  }

 private:
  std::string name_;
  Recipe inner_;
  W own_;
};

// ValueError if a recipe of this name is within `inner`, because two would share their state.
template <class W>
Recipe wrapped(const std::string& name, Recipe inner, W own) {
  if (inner.name().find(name + "(") != std::string::npos)
    fail<ValueError>(name, "the recipe is ", inner.name(), ", which has one already; a recipe may have one");
  return Recipe(std::make_shared<const Wrapper<W>>(name, std::move(inner), std::move(own)));
}

}  // namespace weft::detail
