// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer/recipe_plan.h"

#include <algorithm>

#include "weft/detail/elementwise_trace.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft::detail {
namespace {

bool all_like_parameter(const std::vector<KeptTensor>& entries) {
  return std::all_of(entries.begin(), entries.end(), [](const KeptTensor& e) { return e.like_parameter; });
}

bool same_names(const std::vector<KeptTensor>& a, const std::vector<KeptTensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const KeptTensor& x, const KeptTensor& y) {
    return x.name == y.name && x.initial == y.initial;
  });
}

// A trace of one update; notes the state that it asks for.
std::vector<Tensor> trial(const Recipe& recipe, const Shape& shape, std::vector<KeptTensor>& state) {
  const Tensor p = zeros(shape), g = zeros(shape);
  const UpdateClock clock{zeros({}, DType::kI64), ones({}, DType::kF64), ones({}, DType::kF64)};
  const std::vector<std::vector<RecipeNumber>> numbers{recipe.numbers()};
  NumberWriter writer(numbers, clock, nullptr);
  RecipeState kept(recipe.name(), {p.shape(), p.dtype()});
  std::vector<Tensor> results{recipe.update(writer, p, g, kept)};
  state = kept.entries();
  for (KeptTensor& entry : state) {
    results.push_back(entry.value);
    entry.value = {};
  }
  return results;
}

}  // namespace

std::vector<KeptTensor> RecipePlan::state_of(const Shape& shape) const {
  const auto found = std::find_if(state.begin(), state.end(), [&](const auto& row) { return row.first == shape; });
  return found == state.end() ? std::vector<KeptTensor>{} : found->second;
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
    plan.state.emplace_back(shape, std::vector<KeptTensor>{});
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
  for (const auto& [shape, entries] : plan.state)
    plan.elementwise = plan.elementwise && all_like_parameter(entries) && same_names(entries, plan.state[0].second);
  return plan;
}

}  // namespace weft::detail
