// SPDX-License-Identifier: Apache-2.0
#include "weft/schedule.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft {
namespace detail {

struct ScheduleNode {
  enum class Kind : std::uint8_t { kConstant, kLinear, kCosine, kScaled, kThen };
  Kind kind;
  double from = 0, to = 0;   // kConstant: from; kScaled: from is the factor
  std::int64_t updates = 0;  // length of the ramp; kThen: first update of `second`
  std::shared_ptr<const ScheduleNode> first{}, second{};
};

}  // namespace detail

namespace {

using detail::ScheduleNode;
using Kind = ScheduleNode::Kind;

// Helpers on double for the host and on Tensor for a program, so that evaluate() is written once.
double ramp(double u, double updates) { return std::fmin(u / updates, 1.0); }
Tensor ramp(const Tensor& u, double updates) { return minimum(u / updates, 1.0); }
double choose(double u, double limit, double a, double b) { return u < limit ? a : b; }
Tensor choose(const Tensor& u, double limit, const Tensor& a, const Tensor& b) { return where(u < limit, a, b); }
double constant(double, double value) { return value; }
Tensor constant(const Tensor& u, double value) { return full_like(u, value); }

template <class Number>
Number evaluate(const ScheduleNode& node, const Number& u) {
  using std::cos;
  switch (node.kind) {
    case Kind::kConstant:
      break;
    case Kind::kLinear:
      return node.from + (node.to - node.from) * ramp(u, static_cast<double>(node.updates));
    case Kind::kCosine:
      return node.to +
             (node.from - node.to) * (0.5 + 0.5 * cos(std::numbers::pi * ramp(u, static_cast<double>(node.updates))));
    case Kind::kScaled:
      return node.from * evaluate(*node.first, u);
    case Kind::kThen: {
      const double begin = static_cast<double>(node.updates);
      return choose(u, begin, evaluate(*node.first, u), evaluate(*node.second, Number(u - begin)));
    }
  }
  return constant(u, node.from);
}

bool same(const ScheduleNode* a, const ScheduleNode* b) {
  if (a == b || !a || !b) return a == b;
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  return a->kind == b->kind && bits(a->from) == bits(b->from) && bits(a->to) == bits(b->to) &&
         a->updates == b->updates && same(a->first.get(), b->first.get()) && same(a->second.get(), b->second.get());
}

// The first and the last rate of each piece are enough, because every formula is monotone between two then()s.
void add_extremes(const ScheduleNode& node, double last, std::vector<double>& out) {
  switch (node.kind) {
    case Kind::kConstant:
    case Kind::kLinear:
    case Kind::kCosine:
      out.push_back(evaluate(node, 0.0));
      out.push_back(evaluate(node, last));
      return;
    case Kind::kScaled: {
      const std::size_t begin = out.size();
      add_extremes(*node.first, last, out);
      for (std::size_t i = begin; i < out.size(); ++i) out[i] *= node.from;
      return;
    }
    case Kind::kThen: {
      const auto begin = static_cast<double>(node.updates);
      if (begin > 0) add_extremes(*node.first, std::fmin(last, begin - 1), out);
      if (last >= begin) add_extremes(*node.second, last - begin, out);
      return;
    }
  }
}

Schedule make(ScheduleNode node) { return Schedule(std::make_shared<const ScheduleNode>(std::move(node))); }

void check(bool holds, const char* op, std::int64_t given, const char* rule) {
  if (!holds) fail<ValueError>(op, "the number of updates is ", given, "; it must be ", rule);
}

}  // namespace

Schedule::Schedule(double constant_rate) : Schedule(make({.kind = Kind::kConstant, .from = constant_rate})) {}

Schedule Schedule::then(std::int64_t after, const Schedule& next) const {
  check(after >= 0, "then", after, "0 or more");
  return make({.kind = Kind::kThen, .updates = after, .first = node_, .second = next.node_});
}

bool Schedule::operator==(const Schedule& other) const { return same(node_.get(), other.node_.get()); }

double Schedule::at(std::int64_t update) const { return evaluate(*node_, static_cast<double>(update)); }

Tensor Schedule::at(const Tensor& update) const { return evaluate(*node_, update.to(DType::kF64)); }

Schedule operator*(double factor, const Schedule& schedule) {
  return make({.kind = Kind::kScaled, .from = factor, .first = schedule.node()});
}

namespace schedule {

Schedule linear(double from, double to, std::int64_t updates) {
  check(updates > 0, "linear", updates, "positive");
  return make({.kind = Kind::kLinear, .from = from, .to = to, .updates = updates});
}

Schedule cosine(double from, double to, std::int64_t updates) {
  check(updates > 0, "cosine", updates, "positive");
  return make({.kind = Kind::kCosine, .from = from, .to = to, .updates = updates});
}

Schedule warmup_cosine(double peak, std::int64_t warmup, std::int64_t total, double floor) {
  check(warmup >= 0 && warmup < total, "warmup_cosine", warmup, "0 or more for the warm-up, and less than the total");
  const Schedule down = cosine(peak, floor, total - warmup);
  return warmup == 0 ? down : linear(0, peak, warmup).then(warmup, down);
}

}  // namespace schedule

std::vector<double> detail::extremes(const Schedule& schedule) {
  std::vector<double> out;
  add_extremes(*schedule.node(), std::numeric_limits<double>::infinity(), out);
  return out;
}

}  // namespace weft
