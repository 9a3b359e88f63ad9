// SPDX-License-Identifier: Apache-2.0
#include "optim/update_rules.h"

#include <string>
#include <type_traits>
#include <variant>

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

Moved step_one(const SGD& r, const Tensor& p, Tensor g, const std::vector<Tensor>& moments, const Tensor& rate,
               const Tensor&) {
  const Tensor lr = rate.to(p.dtype());
  if (r.weight_decay > 0) g = g + r.weight_decay * p;
  if (r.momentum == 0) return {p - lr * g, {}};
  const Tensor buffer = r.momentum * moments[0] + g;
  const Tensor change = lr * (r.nesterov ? g + r.momentum * buffer : buffer);
  return {p - change, {buffer}};
}

// Adam and AdamW differ in where the decay goes. Compilers differ in which operand of an operator they trace first;
// with a statement for each of two operands all trace the same program, and kernels/pointwise/common_programs.h knows
// it.
template <class R>
Moved step_one(const R& r, Tensor p, Tensor g, const std::vector<Tensor>& moments, const Tensor& rate,
               const Tensor& number) {
  constexpr bool kDecoupled = std::is_same_v<R, AdamW>;
  const DType dtype = p.dtype();
  if (r.weight_decay > 0) {
    if constexpr (kDecoupled) {
      p = p * (1.0 - r.weight_decay * rate).to(dtype);
    } else {
      g = g + r.weight_decay * p;
    }
  }
  const Tensor m = moments[0] + (1.0 - r.beta1) * (g - moments[0]);
  const Tensor fresh = (1.0 - r.beta2) * square(g);
  const Tensor v = r.beta2 * moments[1] + fresh;
  const Tensor step_size = (rate / (1.0 - pow(r.beta1, number))).to(dtype);
  // A factor, since a division per element is what the update would wait for.
  const Tensor correction = (1.0 / sqrt(1.0 - pow(r.beta2, number))).to(dtype);
  const Tensor root = sqrt(v) * correction + r.eps;
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

void check_recipe(const Recipe& recipe) {
  std::visit([](const auto& r) { check_one(r); }, recipe);
}

Moved step(const Recipe& recipe, const Tensor& parameter, const Tensor& gradient, const std::vector<Tensor>& moments,
           const Tensor& rate, const Tensor& number) {
  return std::visit([&](const auto& r) { return step_one(r, parameter, gradient, moments, rate, number); }, recipe);
}

}  // namespace weft::detail
