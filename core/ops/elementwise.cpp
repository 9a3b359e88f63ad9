// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/ops/families.h"
#include "core/ops/rows.h"
#include "core/ops/slope.h"
#include "core/scalar/functions.h"

namespace weft::ops {
namespace {

using Slope = Ex (*)(std::size_t argument, std::span<const Ex> x, const Ex& y);

template <Fn fn>
Ex slope_of(std::size_t argument, [[maybe_unused]] std::span<const Ex> x, const Ex& y) {
  if constexpr (!Formula<fn>::smooth) {
    return like(y, 0);
  } else if constexpr (arity(fn) == 1) {
    return Formula<fn>::slope(x[0], y);
  } else if constexpr (arity(fn) == 2) {
    return argument == 0 ? Formula<fn>::slope_a(x[0], x[1], y) : Formula<fn>::slope_b(x[0], x[1], y);
  } else {
    if (argument == 0) {
      if constexpr (fn == Fn::kWhere)
        return like(y, 0);  // the condition is bool
      else
        return Formula<fn>::slope_a(x[0], x[1], x[2], y);
    }
    return argument == 1 ? Formula<fn>::slope_b(x[0], x[1], x[2], y) : Formula<fn>::slope_c(x[0], x[1], x[2], y);
  }
}

template <std::size_t... i>
constexpr std::array<Slope, sizeof...(i)> make_slopes(std::index_sequence<i...>) {
  return {slope_of<static_cast<Fn>(i)>...};
}

Ex slope_at(Fn fn, std::size_t argument, std::span<const Ex> x, const Ex& y) {
  static constexpr auto kSlopes = make_slopes(std::make_index_sequence<kFnCount>{});
  return kSlopes[static_cast<std::size_t>(fn)](argument, x, y);
}

bool compares(Fn fn) { return fn >= Fn::kEqual && fn <= Fn::kGreaterEqual; }
bool is_logical(Fn fn) { return fn == Fn::kLogicalNot || (fn >= Fn::kLogicalAnd && fn <= Fn::kLogicalXor); }
bool takes_bool(Fn fn) {
  return fn == Fn::kEqual || fn == Fn::kNotEqual || fn == Fn::kMinimum || fn == Fn::kMaximum || fn == Fn::kWhere ||
         is_logical(fn);
}

void expect_dtype(Fn fn, const TensorSpec& x) {
  const char* op = name_of(fn);
  if (is_logical(fn) && x.dtype != DType::kBool) fail<DTypeError>(op, "input is ", x, "; it must be bool");
  if (x.dtype == DType::kBool && !takes_bool(fn)) fail<DTypeError>(op, "input is ", x, "; bool is not allowed");
  const bool whole = facts_of(fn).integers || fn == Fn::kWhere || compares(fn);
  if (!is_floating(x.dtype) && x.dtype != DType::kBool && !whole)
    fail<DTypeError>(op, "input is ", x, "; it must be f32, f64, bf16 or f16");
}

std::vector<TensorSpec> infer(Fn fn, Specs in) {
  const char* op = name_of(fn);
  expect_inputs(op, in, static_cast<std::size_t>(arity(fn)));
  Shape shape = in[0].shape;
  for (const TensorSpec& x : in.subspan(1)) shape = broadcast(shape, x.shape, op);
  if (fn == Fn::kWhere && in[0].dtype != DType::kBool)
    fail<DTypeError>(op, "condition is ", in[0], "; it must be bool");
  const Specs values = fn == Fn::kWhere ? in.subspan(1) : in;
  for (const TensorSpec& x : values) {
    expect_dtype(fn, x);
    expect_same_dtype(op, values[0], x);
  }
  return {{std::move(shape), compares(fn) ? DType::kBool : values[0].dtype}};
}

std::vector<Value> gradient(Fn fn, const GradientCall& call) {
  std::vector<Value> out(call.wanted.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!call.wanted[i]) continue;
    const Value term = slope_times(call.build, fn, call.node, i, call.inputs, call.outputs[0], call.cotangents[0]);
    if (term.defined()) out[i] = sum_to(call.build, term, Shape(call.build.shape(call.node.inputs[i])));
  }
  return out;
}

std::vector<TensorSpec> cast_spec(Specs in, const Attributes& attributes) {
  expect_inputs("cast", in, 1);
  return {{in[0].shape, attributes.dtype("dtype")}};
}

OpFacts elementwise_facts(FlopsRule flops, HalfRule half) {
  OpFacts facts = opaque_facts();
  facts.kind = Kind::kElementwise;
  facts.flops = std::move(flops);
  facts.rows = rows_broadcast();
  facts.half = std::move(half);
  return facts;
}

OpFacts function_facts(Fn fn) {
  OpFacts facts = elementwise_facts(flops_per_output_element(facts_of(fn).flops),
                                    facts_of(fn).half_result ? may_round_result() : stays_f32());
  facts.in_place = [](const Node&, std::size_t j, std::size_t) { return j == 0; };
  return facts;
}

// Moves the point from 0, where the slope is infinite, if `along` is 0: nothing goes that way, because a selection has
// taken another branch. 0 times infinity would be NaN. Only the slope is changed, so that it stays linear in `along`.
void calm_down(Fn fn, const Ex& along, Ex& x, Ex& y) {
  const auto reads = static_cast<unsigned>(facts_of(fn).reads);
  const Ex& at = reads & static_cast<unsigned>(SlopeReads::kInputs) ? x : y;
  const Ex calm = along == like(along, 0) && at == like(at, 0);
  const auto moved = [&](const Ex& value) { return Ex(value.build(), select(calm, like(value, 1), value).value()); };
  if (reads & static_cast<unsigned>(SlopeReads::kInputs)) x = moved(x);
  if (reads & static_cast<unsigned>(SlopeReads::kOutput)) y = moved(y);
}

std::vector<Value> cast_gradient(const GradientCall& call) {
  return {cast(call.build, call.cotangents[0], call.build.dtype(call.node.inputs[0]))};
}

}  // namespace

Value slope_times(Builder& build, Fn fn, const Node& node, std::size_t argument, std::span<const Value> inputs,
                  Value output, Value direction) {
  // Half types are computed in f32 and rounded once, as in the kernels.
  const auto wrap = [&](Value value, DType dtype) {
    return value.defined() ? cast(Ex(build, value), wide(dtype)) : Ex(build, value, wide(dtype));
  };
  std::vector<Ex> x;
  for (std::size_t i = 0; i < inputs.size(); ++i) x.push_back(wrap(inputs[i], build.dtype(node.inputs[i])));
  Ex y = wrap(output, node.outputs[0].dtype);
  if (facts_of(fn).steep) calm_down(fn, wrap(direction, build.dtype(direction)), x[0], y);
  const Ex slope = slope_at(fn, argument, x, y);
  if (slope.constant() == 0.0) return {};
  if (slope.constant() == 1.0) return direction;
  const Ex along = wrap(direction, build.dtype(direction));
  return cast(along * slope, build.dtype(node.inputs[argument])).value();
}

std::vector<OpDef> elementwise_ops() {
  std::vector<OpDef> ops;
  for (int i = 0; i < kFnCount; ++i) {
    const Fn fn = static_cast<Fn>(i);
    OpDef def{.name = name_of(fn),
              .infer = [fn](Specs in, const Attributes&) { return infer(fn, in); },
              .facts = function_facts(fn)};
    def.differentiable = facts_of(fn).smooth;
    if (def.differentiable) {
      def.gradient = [fn](const GradientCall& call) { return gradient(fn, call); };
      def.reads = static_cast<Reads>(facts_of(fn).reads);
    }
    ops.push_back(std::move(def));
  }
  ops.push_back({.name = "cast",
                 .infer = cast_spec,
                 .facts = elementwise_facts(no_flops(), may_round_result()),
                 .gradient = cast_gradient,
                 .linear_in = 1});
  return ops;
}

}  // namespace weft::ops
