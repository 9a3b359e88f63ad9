// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/recipe_plan.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "weft/detail/elementwise_trace.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

bool all_like_parameter(const std::vector<KeptTensor>& entries) {
  return std::all_of(entries.begin(), entries.end(), [](const KeptTensor& e) { return e.like_parameter; });
}

template <class Entry>
bool same_names(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Entry& x, const Entry& y) {
    return x.name == y.name && std::bit_cast<std::uint64_t>(x.initial) == std::bit_cast<std::uint64_t>(y.initial);
  });
}

bool same_names(const KeptValues& a, const KeptValues& b) {
  return same_names(a.tensors, b.tensors) && same_names(a.numbers, b.numbers);
}

// A trace of one update, and of the value for inference; notes the state that the update asks for.
std::vector<Tensor> trial(const Recipe& recipe, const Shape& shape, KeptValues& state) {
  const Tensor p = zeros(shape), g = zeros(shape);
  const UpdateClock clock{zeros({}, DType::kI64), ones({}, DType::kF64), ones({}, DType::kF64)};
  const std::vector<std::vector<RecipeNumber>> numbers{recipe.numbers()};
  NumberWriter writer(numbers, clock, nullptr);
  RecipeState kept(recipe.name(), {p.shape(), p.dtype()});
  std::vector<Tensor> results{recipe.update(writer, p, g, kept)};
  state = kept.kept();
  if (recipe.averages()) {
    NumberWriter again(numbers, clock, nullptr);
    RecipeState known(recipe.name(), {p.shape(), p.dtype()}, state);
    results.push_back(recipe.evaluation(again, results[0], known));
  }
  for (KeptTensor& entry : state.tensors) {
    results.push_back(entry.value);
    entry.value = {};
  }
  for (KeptNumber& entry : state.numbers) {
    results.push_back(entry.value.tensor());
    entry.value = {};
  }
  return results;
}

}  // namespace

KeptValues RecipePlan::state_of(const Shape& shape) const {
  const auto found = std::find_if(state.begin(), state.end(), [&](const auto& row) { return row.first == shape; });
  return found == state.end() ? KeptValues{} : found->second;
}

bool RecipePlan::joins(const RecipePlan& other) const {
  if (state.empty() || other.state.empty()) return true;
  if (elementwise != other.elementwise) return false;
  return !elementwise || same_names(state[0].second, other.state[0].second);
}

RecipePlan plan_of(const Recipe& recipe, const std::vector<Shape>& shapes) {
  RecipePlan plan;
  if (shapes.empty()) return plan;
  const auto f = [&](const Shape& shape) {
    plan.state.emplace_back(shape, KeptValues{});
    return trial(recipe, shape, plan.state.back().second);
  };
  plan.elementwise = traces_elementwise(f, shapes);
  if (!plan.elementwise) return plan;
  // Tries ranks 1 and 2, because an update of all parameters sees one tensor of such a rank, which not every recipe
  // takes.
  try {
    plan.elementwise = traces_elementwise(f, {shapes[0], {2}, {2, 2}});
  } catch (const Error&) {
    plan.elementwise = false;
  }
  for (const auto& [shape, kept] : plan.state)
    plan.elementwise = plan.elementwise && all_like_parameter(kept.tensors) && same_names(kept, plan.state[0].second);
  return plan;
}

}  // namespace weft::detail
