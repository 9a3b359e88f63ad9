// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

#include "weft/detail/export.h"
#include "weft/number.h"
#include "weft/recipe_state.h"
#include "weft/schedule.h"
#include "weft/tensor.h"

// Recipes of optimizers: a struct of numbers and one update written with tensors.
//
//   struct SignDescent {
//     weft::Schedule lr = 1e-3;
//     double weight_decay = 0;
//     WEFT_RECIPE(lr, weight_decay)
//
//     static weft::Tensor update(const Numbers& h, const weft::Tensor& p, const weft::Tensor& g, weft::RecipeState&) {
//       return p - h.lr * (weft::sign(g) + h.weight_decay * p);
//     }
//   };
namespace weft WEFT_EXPORT {

// A number of a recipe, or a choice (bool, integer, enumeration) as an integer.
struct RecipeNumber {
  std::string name;                                    // name of the member: "beta1"
  std::variant<double, Schedule, std::int64_t> value;  // a choice is the integer
  bool operator==(const RecipeNumber& other) const;    // doubles by their bits
};

// Numbers that every update has beside the recipe's own.
struct UpdateNumbers {
  Number t;  // ordinal of the update, from 1
};

namespace detail {

template <class T>
concept Choice = std::integral<T> || std::is_enum_v<T>;

// The type in which an update sees a recipe's member.
template <class T>
using NumberFor = std::conditional_t<Choice<T>, T, Number>;

// Lists the members of a recipe.
class NumberReader {
 public:
  void operator()(const char* name, double value) { numbers.push_back({name, value}); }
  void operator()(const char* name, const Schedule& value) { numbers.push_back({name, value}); }
  template <Choice T>
  void operator()(const char* name, T value) {
    numbers.push_back({name, static_cast<std::int64_t>(value)});
  }
  std::vector<RecipeNumber> numbers{};
};

// The optimizer's counters as they are before an update.
struct UpdateClock {
  Tensor updates;   // i64(): updates made so far
  Tensor number;    // f64(): ordinal of this update, from 1
  Tensor lr_scale;  // f64()
};

// Fills an update's numbers from the recipes of its groups, which are of one type and make the same choices.
class NumberWriter {
 public:
  NumberWriter(const std::vector<std::vector<RecipeNumber>>& per_group, const UpdateClock& clock,
               std::shared_ptr<NumberColumns> columns);
  void operator()(const char* name, Number& out);
  template <Choice T>
  void operator()(const char*, T& out) {
    out = static_cast<T>(choice());
  }
  Number t() const;

 private:
  std::int64_t choice();
  Number scheduled(const std::vector<Schedule>& schedules, bool scaled) const;

  const std::vector<std::vector<RecipeNumber>>& per_group_;
  const UpdateClock& clock_;
  std::shared_ptr<NumberColumns> columns_;
  std::size_t next_ = 0;
};

// A type-erased recipe.
class RecipeModel {
 public:
  virtual ~RecipeModel();
  virtual const std::type_info& type() const = 0;
  // The type's name in lower case.
  virtual std::string name() const;
  virtual bool same_type(const RecipeModel& other) const { return type() == other.type(); }
  virtual std::vector<RecipeNumber> numbers() const = 0;
  virtual void check() const = 0;
  virtual void check_shape(const Shape& parameter) const = 0;
  virtual Tensor update(NumberWriter& numbers, const Tensor& p, const Tensor& g, RecipeState& state) const = 0;
  virtual bool averages() const = 0;
  // The value for inference; p for a recipe that does not average.
  [[nodiscard]] virtual Tensor evaluation(NumberWriter& numbers, const Tensor& p, RecipeState& state) const = 0;
};

// A recipe with a value for inference beside the parameter's.
template <class R>
concept Averages = requires(const typename R::Numbers& h, const Tensor& p, RecipeState& s) {
  { R::evaluation(h, p, s) } -> std::convertible_to<Tensor>;
};

// The numbers of R, of which `numbers` has the next ones.
template <class R>
typename R::Numbers numbers_of(NumberWriter& numbers) {
  typename R::Numbers h;
  h.t = numbers.t();
  h.weft_write(numbers);
  return h;
}

template <class R>
class RecipeOf final : public RecipeModel {
 public:
  explicit RecipeOf(R recipe) : recipe_(std::move(recipe)) {}
  const std::type_info& type() const override { return typeid(R); }
  std::vector<RecipeNumber> numbers() const override {
    NumberReader reader;
    recipe_.weft_read(reader);
    return std::move(reader.numbers);
  }
  void check() const override {
    if constexpr (requires { recipe_.check(); }) recipe_.check();
  }
  void check_shape(const Shape& parameter) const override {
    if constexpr (requires { recipe_.check_shape(parameter); }) recipe_.check_shape(parameter);
  }
  Tensor update(NumberWriter& numbers, const Tensor& p, const Tensor& g, RecipeState& state) const override {
    const typename R::Numbers h = numbers_of<R>(numbers);
    return R::update(h, p, g, state);
  }
  bool averages() const override { return Averages<R>; }
  [[nodiscard]] Tensor evaluation(NumberWriter& numbers, const Tensor& p, RecipeState& state) const override {
    const typename R::Numbers h = numbers_of<R>(numbers);
    if constexpr (Averages<R>) return R::evaluation(h, p, state);
    return p;
  }

 private:
  R recipe_;
};

}  // namespace detail

// A struct with WEFT_RECIPE and `static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState&
// s)`, which gives the new value of parameter p from its gradient g, both in the dtype of the arithmetic. It may have
// `static Tensor evaluation(const Numbers& h, const Tensor& p, RecipeState& s)`, the value of p for inference, such as
// an average; h.t is then the number of updates made.
template <class R>
concept RecipeStruct = requires(const R& recipe, const typename R::Numbers& h, const Tensor& t, RecipeState& s,
                                detail::NumberReader& r) {
  { R::update(h, t, t, s) } -> std::convertible_to<Tensor>;
  recipe.weft_read(r);
};

// Any recipe by value. update() is written for one parameter. If element i of its results comes only from element i of
// parameter, gradient, state and draws, the optimizer updates all parameters in one launch. Other recipes, such as one
// with a norm of the parameter, update one parameter after the other.
class Recipe {
 public:
  // A copy of the struct.
  template <RecipeStruct R>
  Recipe(R recipe) : model_(std::make_shared<const detail::RecipeOf<R>>(std::move(recipe))) {}

  // A recipe around another.
  explicit Recipe(std::shared_ptr<const detail::RecipeModel> model) : model_(std::move(model)) {}

  // The type's name in lower case: "adamw"; "ema(adamw)" for one around another.
  std::string name() const { return model_->name(); }
  // The numbers in the order of WEFT_RECIPE.
  std::vector<RecipeNumber> numbers() const { return model_->numbers(); }
  // ValueError that names recipe, number, value and rule. All numbers must be finite; `lr`, `momentum` and
  // `weight_decay` 0 or more; `beta` and `beta1` (any digits) in [0, 1); `eps` and `eps1` positive. Then the recipe's
  // own `void check() const`, if it has one, may throw.
  void check() const;
  // The recipe's own `void check_shape(const Shape& parameter) const`, which may throw; nothing if it has none.
  void check_shape(const Shape& parameter) const { model_->check_shape(parameter); }
  // True if both have one type and the same numbers.
  bool operator==(const Recipe& other) const;

  // One update of tensors of p's shape, for an optimizer. ShapeError where the recipe gives another shape or dtype.
  Tensor update(detail::NumberWriter& numbers, const Tensor& p, const Tensor& g, RecipeState& state) const;
  bool same_type(const Recipe& other) const { return model_->same_type(*other.model_); }
  // True if the recipe has a value for inference beside the parameter's; evaluation() gives it.
  bool averages() const { return model_->averages(); }
  [[nodiscard]] Tensor evaluation(detail::NumberWriter& numbers, const Tensor& p, RecipeState& state) const;

 private:
  std::shared_ptr<const detail::RecipeModel> model_;
};

namespace detail {
// The number `lr`, which Optimizer::scale_lr() multiplies. ValueError if the recipe has none.
Schedule rate_of(const Recipe& recipe);
// True if the recipes differ in numbers alone: one type, the same choices.
bool same_choices(const Recipe& a, const Recipe& b);
}  // namespace detail

}  // namespace weft

// Calls macro(x) for each of the arguments.
#define WEFT_EACH(macro, ...) __VA_OPT__(WEFT_EACH_SCAN(WEFT_EACH_ONE(macro, __VA_ARGS__)))
#define WEFT_EACH_ONE(macro, x, ...) macro(x) __VA_OPT__(WEFT_EACH_MORE WEFT_EACH_PARENS(macro, __VA_ARGS__))
#define WEFT_EACH_MORE() WEFT_EACH_ONE
#define WEFT_EACH_PARENS ()
#define WEFT_EACH_SCAN(...) WEFT_EACH_SCAN1(WEFT_EACH_SCAN1(WEFT_EACH_SCAN1(WEFT_EACH_SCAN1(__VA_ARGS__))))
#define WEFT_EACH_SCAN1(...) WEFT_EACH_SCAN2(WEFT_EACH_SCAN2(WEFT_EACH_SCAN2(WEFT_EACH_SCAN2(__VA_ARGS__))))
#define WEFT_EACH_SCAN2(...) __VA_ARGS__

// Names the numbers (double or Schedule) and choices (bool, integer, enumeration) of a recipe: all its members, in any
// order. Groups whose recipes differ in numbers alone are updated together. `Numbers` has a member of each name, and t.
#define WEFT_RECIPE(...)                                                                               \
  WEFT_EACH(WEFT_RECIPE_TYPE, __VA_ARGS__)                                                             \
  struct Numbers : ::weft::UpdateNumbers {                                                             \
    WEFT_EACH(WEFT_RECIPE_MEMBER, __VA_ARGS__)                                                         \
    void weft_write(::weft::detail::NumberWriter& visit) { WEFT_EACH(WEFT_RECIPE_VISIT, __VA_ARGS__) } \
  };                                                                                                   \
  void weft_read(::weft::detail::NumberReader& visit) const { WEFT_EACH(WEFT_RECIPE_VISIT, __VA_ARGS__) }
#define WEFT_RECIPE_TYPE(name) using weft_type_of_##name = ::weft::detail::NumberFor<decltype(name)>;
#define WEFT_RECIPE_MEMBER(name) weft_type_of_##name name{};
#define WEFT_RECIPE_VISIT(name) visit(#name, name);
