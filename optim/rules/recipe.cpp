// SPDX-License-Identifier: Apache-2.0
#include "weft/recipe.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <memory>
#include <span>

#include "core/base/check.h"
#include "core/base/type_name.h"
#include "weft/elementwise.h"

namespace weft {
namespace {

struct Domain {
  bool (*holds)(double);
  const char* rule;
};

bool is_family(const std::string& name, const char* family) {
  const std::size_t end = name.find_last_not_of("0123456789") + 1;
  return name.compare(0, end, family) == 0;
}

// The allowed values of a number, by its usual name: "beta1" lies in [0, 1).
Domain domain_of(const std::string& name) {
  if (is_family(name, "beta")) return {[](double x) { return x >= 0 && x < 1; }, "in [0, 1)"};
  if (is_family(name, "eps")) return {[](double x) { return x > 0 && std::isfinite(x); }, "positive"};
  if (name == "lr" || name == "momentum" || name == "weight_decay")
    return {[](double x) { return x >= 0 && std::isfinite(x); }, "0 or more"};
  return {[](double x) { return std::isfinite(x); }, "finite"};
}

bool is_constant(const Schedule& schedule) { return schedule == Schedule(schedule.at(std::int64_t{0})); }

void check_number(const std::string& recipe, const RecipeNumber& number) {
  const Domain domain = domain_of(number.name);
  const auto check = [&](double value, const char* when) {
    if (!domain.holds(value)) fail<ValueError>(recipe, number.name, " is ", value, when, "; it must be ", domain.rule);
  };
  if (const double* constant = std::get_if<double>(&number.value)) check(*constant, "");
  if (const Schedule* schedule = std::get_if<Schedule>(&number.value)) {
    const auto [low, high] = detail::bounds(*schedule);
    for (const double value : {low, high}) check(value, is_constant(*schedule) ? "" : " in some update");
  }
}

Schedule schedule_of(const RecipeNumber& number) {
  if (const Schedule* schedule = std::get_if<Schedule>(&number.value)) return *schedule;
  return std::get<double>(number.value);
}

Tensor like_parameter(const std::string& recipe, const char* door, Tensor value, const Tensor& p) {
  if (value.shape() != p.shape() || value.dtype() != p.dtype())
    fail<ShapeError>(recipe, "the ", door, " gives ", TensorSpec{value.shape(), value.dtype()},
                     " for a parameter that is ", TensorSpec{p.shape(), p.dtype()}, "; it must be the same");
  return value;
}

}  // namespace

bool RecipeNumber::operator==(const RecipeNumber& other) const {
  const double *a = std::get_if<double>(&value), *b = std::get_if<double>(&other.value);
  if (a && b) return name == other.name && std::bit_cast<std::uint64_t>(*a) == std::bit_cast<std::uint64_t>(*b);
  return name == other.name && value == other.value;
}

void Recipe::check() const {
  for (const RecipeNumber& number : numbers()) check_number(name(), number);
  model_->check();
}

Tensor Recipe::update(detail::NumberWriter& numbers, const Tensor& p, const Tensor& g, RecipeState& state) const {
  return like_parameter(name(), "update", model_->update(numbers, p, g, state), p);
}

Tensor Recipe::evaluation(detail::NumberWriter& numbers, const Tensor& p, RecipeState& state) const {
  return like_parameter(name(), "evaluation", model_->evaluation(numbers, p, state), p);
}

bool Recipe::operator==(const Recipe& other) const {
  return model_ == other.model_ || (same_type(other) && numbers() == other.numbers());
}

namespace detail {

RecipeModel::~RecipeModel() = default;

std::string RecipeModel::name() const {
  std::string name = type_name(type());
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Schedule rate_of(const Recipe& recipe) {
  for (const RecipeNumber& number : recipe.numbers())
    if (number.name == "lr") return schedule_of(number);
  fail<ValueError>(recipe.name(), "the recipe has no number 'lr', so there is no rate to ask for");
}

bool same_choices(const Recipe& a, const Recipe& b) {
  if (!a.same_type(b)) return false;
  const std::vector<RecipeNumber> x = a.numbers(), y = b.numbers();
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::holds_alternative<std::int64_t>(x[i].value) && x[i] != y[i]) return false;
  return true;
}

NumberWriter::NumberWriter(const std::vector<std::vector<RecipeNumber>>& per_group, const UpdateClock& clock,
                           std::shared_ptr<NumberColumns> columns)
    : per_group_(per_group), clock_(clock), columns_(std::move(columns)) {}

Number NumberWriter::t() const { return {clock_.number, columns_}; }

std::int64_t NumberWriter::choice() { return std::get<std::int64_t>(per_group_[0][next_++].value); }

void NumberWriter::operator()(const char* name, Number& out) {
  const std::size_t index = next_++;
  const bool is_rate = std::string_view(name) == "lr";
  std::vector<double> constants;
  std::vector<Schedule> schedules;
  for (const std::vector<RecipeNumber>& numbers : per_group_) {
    schedules.push_back(schedule_of(numbers[index]));
    if (is_constant(schedules.back())) constants.push_back(schedules.back().at(std::int64_t{0}));
  }
  const bool known = !is_rate && constants.size() == schedules.size();
  out = known ? Number(std::move(constants), columns_) : scheduled(schedules, is_rate);
}

// f64() if all schedules are equal, else f64(groups).
Number NumberWriter::scheduled(const std::vector<Schedule>& schedules, bool scaled) const {
  const auto finished = [&](const Tensor& value) { return Number(scaled ? value * clock_.lr_scale : value, columns_); };
  if (std::all_of(schedules.begin(), schedules.end(), [&](const Schedule& s) { return s == schedules[0]; }))
    return finished(schedules[0].at(clock_.updates));
  std::vector<double> at_first;
  for (const Schedule& schedule : schedules) at_first.push_back(schedule.at(std::int64_t{0}));
  const Shape shape{static_cast<std::int64_t>(schedules.size())};
  Tensor values = Tensor::of(at_first, shape);
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    if (is_constant(schedules[i])) continue;
    const auto here = std::make_unique<bool[]>(schedules.size());
    here[i] = true;
    const Tensor value = schedules[i].at(clock_.updates);
    values = where(Tensor::of(std::span<const bool>(here.get(), schedules.size()), shape), value, values);
  }
  return finished(values);
}

}  // namespace detail
}  // namespace weft
