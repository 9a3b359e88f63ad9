// SPDX-License-Identifier: Apache-2.0
#include "optim/update_rules.h"

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <variant>

#include "optim/group_numbers.h"
#include "weft/elementwise.h"
#include "weft/error.h"

namespace weft::detail {
namespace {

void check(bool holds, const char* recipe, const char* what, double given, const char* rule) {
  if (!holds) throw ValueError(recipe, "", std::string(what) + " is " + std::to_string(given) + "; it must be " + rule);
}

void check_one(const SGD& r) {
  check(r.momentum >= 0, "sgd", "momentum", r.momentum, "0 or more");
  check(r.weight_decay >= 0, "sgd", "weight_decay", r.weight_decay, "0 or more");
  check(!r.nesterov || r.momentum > 0, "sgd", "momentum", r.momentum, "positive with nesterov");
}

template <class R>
void check_one(const R& r) {
  const char* const name = std::is_same_v<R, Adam> ? "adam" : "adamw";
  check(r.beta1 >= 0 && r.beta1 < 1, name, "beta1", r.beta1, "in [0, 1)");
  check(r.beta2 >= 0 && r.beta2 < 1, name, "beta2", r.beta2, "in [0, 1)");
  check(r.eps > 0, name, "eps", r.eps, "positive");
  check(r.weight_decay >= 0, name, "weight_decay", r.weight_decay, "0 or more");
}

// The numbers of a rule, each of them per group, where R is the recipe.
template <class R>
class Numbers : public GroupNumbers {
 public:
  Numbers(const Moving& moving, DType dtype) : GroupNumbers(moving.rows, dtype) {
    for (const Recipe& recipe : moving.recipes) recipes_.push_back(std::get<R>(recipe));
  }

  // A field of the recipe, or what a function makes of it.
  template <class F>
  Number of(F&& f) const {
    std::vector<double> all;
    for (const R& r : recipes_) all.push_back(std::invoke(f, r));
    return Number(all);
  }
  template <class F>
  std::size_t constant(F f) {
    return add([this, f] { return of(f); });
  }
  // Whether some groups have weight decay, and whether all have.
  bool decays() const { return std::any_of(recipes_.begin(), recipes_.end(), decay); }
  bool all_decay() const { return std::all_of(recipes_.begin(), recipes_.end(), decay); }

 private:
  static bool decay(const R& r) { return r.weight_decay > 0; }

  std::vector<R> recipes_;
};

// g + decay p, and g itself in groups without decay, where 0 p may be something else than 0.
template <class R>
Tensor with_decay(const Numbers<R>& numbers, const Number& decay, const Tensor& g, const Tensor& p) {
  const Tensor sum = g + decay * p;
  return numbers.all_decay() ? sum : select(greater(*decay.tensor(), 0), sum, g);
}

// Compilers differ in which operand of an operator they trace first; with a statement for each of two operands all
// trace the same program, and kernels/elementwise/lower/common_programs.h knows it.
Moved step_one(std::type_identity<SGD>, const Moving& moving, const Tensor& rate, const Tensor&) {
  const Tensor& p = moving.parameter;
  Tensor g = moving.gradient;
  Numbers<SGD> numbers(moving, p.dtype());
  const std::size_t rates = numbers.add([&] { return rate; });
  const std::size_t decay = numbers.constant(&SGD::weight_decay);
  const std::size_t momentum = numbers.constant(&SGD::momentum);
  numbers.settle();
  const Number lr = numbers[rates];
  if (numbers.decays()) g = with_decay(numbers, numbers[decay], g, p);
  if (moving.moments.empty()) return {p - lr * g, {}};
  const Tensor buffer = numbers[momentum] * moving.moments[0] + g;
  const bool nesterov = std::get<SGD>(moving.recipes[0]).nesterov;
  const Tensor change = lr * (nesterov ? g + numbers[momentum] * buffer : buffer);
  return {p - change, {buffer}};
}

// Adam and AdamW differ in where the decay goes.
template <class R>
Moved step_one(std::type_identity<R>, const Moving& moving, const Tensor& rate, const Tensor& number) {
  constexpr bool kDecoupled = std::is_same_v<R, AdamW>;
  Tensor p = moving.parameter, g = moving.gradient;
  const Tensor &mean = moving.moments[0], &squares = moving.moments[1];
  Numbers<R> numbers(moving, p.dtype());
  std::size_t decay = 0;
  if (numbers.decays())
    decay = kDecoupled ? numbers.add([&] { return 1.0 - numbers.of(&R::weight_decay) * rate; })
                       : numbers.constant(&R::weight_decay);
  const std::size_t share = numbers.constant([](const R& r) { return 1.0 - r.beta1; });
  const std::size_t square_share = numbers.constant([](const R& r) { return 1.0 - r.beta2; });
  const std::size_t beta2 = numbers.constant(&R::beta2);
  const std::size_t step_sizes = numbers.add([&] { return rate / (1.0 - pow(numbers.of(&R::beta1), number)); });
  // A factor, since a division per element is what the update would wait for.
  const std::size_t corrections = numbers.add([&] { return 1.0 / sqrt(1.0 - pow(numbers.of(&R::beta2), number)); });
  const std::size_t eps = numbers.constant(&R::eps);
  numbers.settle();
  if (numbers.decays()) {
    const Number factor = numbers[decay];
    if constexpr (kDecoupled) {
      p = p * factor;
    } else {
      g = with_decay(numbers, factor, g, p);
    }
  }
  const Tensor m = mean + numbers[share] * (g - mean);
  const Tensor fresh = numbers[square_share] * square(g);
  const Tensor v = numbers[beta2] * squares + fresh;
  const Number step_size = numbers[step_sizes];
  const Number correction = numbers[corrections];
  const Tensor root = sqrt(v) * correction + numbers[eps];
  const Tensor change = step_size * m / root;
  return {p - change, {m, v}};
}

}  // namespace

std::size_t moment_count(const Recipe& recipe) {
  const SGD* sgd = std::get_if<SGD>(&recipe);
  return !sgd ? 2 : sgd->momentum != 0 ? 1 : 0;
}

const Schedule& schedule_of(const Recipe& recipe) {
  return std::visit([](const auto& r) -> const Schedule& { return r.lr; }, recipe);
}

bool same_rule(const Recipe& a, const Recipe& b) {
  if (a.index() != b.index() || moment_count(a) != moment_count(b)) return false;
  const SGD* sgd = std::get_if<SGD>(&a);
  return !sgd || sgd->nesterov == std::get<SGD>(b).nesterov;
}

void check_recipe(const Recipe& recipe) {
  std::visit([](const auto& r) { check_one(r); }, recipe);
}

Moved step(const Moving& moving, const Tensor& rate, const Tensor& number) {
  return std::visit([&]<class R>(const R&) { return step_one(std::type_identity<R>{}, moving, rate, number); },
                    moving.recipes.at(0));
}

}  // namespace weft::detail
