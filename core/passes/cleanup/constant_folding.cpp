// SPDX-License-Identifier: Apache-2.0
#include "core/passes/cleanup/constant_folding.h"

#include <vector>

#include "core/passes/rewrite.h"
#include "core/program/interpreter.h"
#include "core/scalar/convert.h"
#include "core/scalar/functions.h"

namespace weft::passes {
namespace {

bool is_half(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16; }

// The number as the dtype holds it.
Constant fitted(const Constant& number, DType dtype) {
  return std::visit(
      [&](auto x) -> Constant {
        switch (dtype) {
          case DType::kF32:
            return convert<float>(x);
          case DType::kF64:
            return convert<double>(x);
          case DType::kI32:
            return static_cast<long long>(convert<int>(x));
          case DType::kI64:
            return convert<long long>(x);
          case DType::kU8:
            return static_cast<long long>(convert<unsigned char>(x));
          case DType::kBool:
            return static_cast<long long>(convert<bool>(x));
          case DType::kBF16:
          case DType::kF16:
            break;
        }
        return x;
      },
      number);
}

template <class T, Fn fn>
T value_of(T a, T b, T c) {
  if constexpr (arity(fn) == 1) return static_cast<T>(Formula<fn>::value(a));
  if constexpr (arity(fn) == 2) return static_cast<T>(Formula<fn>::value(a, b));
  if constexpr (arity(fn) == 3) return static_cast<T>(Formula<fn>::value(a, b, c));
}

template <class T>
std::optional<Constant> apply(Fn fn, const std::vector<Constant>& operands) {
  T x[3] = {};
  for (std::size_t i = 0; i < operands.size(); ++i)
    x[i] = std::visit([](auto v) { return static_cast<T>(v); }, operands[i]);
  std::optional<Constant> out;
  interpreter::with_fn(fn, [&]<Fn which>() {
    if constexpr (interpreter::has_value<T, which>) out = value_of<T, which>(x[0], x[1], x[2]);
  });
  return out;
}

}  // namespace

std::optional<Constant> constant_of(const ir::Node& node) {
  static const ir::OpId full = ir::OpId::of("full");
  if (node.op != full || is_half(node.outputs[0].dtype)) return std::nullopt;
  const Constant number = node.attributes.has("integer")
                              ? Constant(static_cast<long long>(node.attributes.integer("integer")))
                              : Constant(node.attributes.real("value"));
  return fitted(number, node.outputs[0].dtype);
}

ir::Attributes full_of(const TensorSpec& spec, const Constant& number) {
  ir::Attributes out{{"shape", spec.shape.dims()}, {"dtype", spec.dtype}};
  out.set("value", std::visit([](auto v) { return static_cast<double>(v); }, number));
  if (const long long* integer = std::get_if<long long>(&number)) out.set("integer", std::int64_t{*integer});
  return out;
}

std::optional<Constant> evaluate(const ir::Node& node, const std::vector<Constant>& operands) {
  static const ir::OpId cast = ir::OpId::of("cast");
  const DType dtype = node.outputs[0].dtype;
  if (is_half(dtype)) return std::nullopt;
  if (node.op == cast) return fitted(operands[0], dtype);
  const std::optional<Fn> fn = fn_of(node.op.name());
  if (!fn || !facts_of(*fn).exact) return std::nullopt;
  // where(condition, a, b) is computed in the type of a, not of the condition.
  const std::size_t typed = *fn == Fn::kWhere ? 1 : 0;
  const std::optional<Constant> out =
      std::visit([&](auto first) { return apply<decltype(first)>(*fn, operands); }, operands[typed]);
  return out ? std::optional(fitted(*out, dtype)) : std::nullopt;
}

}  // namespace weft::passes
