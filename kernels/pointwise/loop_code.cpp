// SPDX-License-Identifier: Apache-2.0
#include "kernels/pointwise/loop_code.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/formula/interpreter.h"
#include "kernels/pointwise/loop_number.h"

namespace weft::kernels::loop {
namespace {

using Kind = Instr::Kind;
using Registers = std::array<Number, Program::kMaxRegisters>;

// Functions that the C library computes, one element at a time.
constexpr bool from_library(Fn fn) { return fn == Fn::kSin || fn == Fn::kCos || fn == Fn::kPow; }

// Bools in f32 registers are 0 and 1.
Number as_number(Mask mask) { return select(mask, Number(1.0f), Number(0.0f)); }
Mask as_mask(Number x) { return x != Number(0.0f); }

Number logical(Fn fn, Number a, Number b) {
  switch (fn) {
    case Fn::kEqual:
      return as_number(a == b);
    case Fn::kNotEqual:
      return as_number(a != b);
    case Fn::kLess:
      return as_number(a < b);
    case Fn::kLessEqual:
      return as_number(a <= b);
    case Fn::kGreater:
      return as_number(a > b);
    case Fn::kGreaterEqual:
      return as_number(a >= b);
    case Fn::kLogicalAnd:
      return as_number(as_mask(a) && as_mask(b));
    case Fn::kLogicalOr:
      return as_number(as_mask(a) || as_mask(b));
    case Fn::kLogicalXor:
      return as_number(as_mask(a) != as_mask(b));
    default:
      return as_number(a == Number(0.0f));  // not
  }
}

// The bits of x as bf16, below others that mean nothing.
Int bf16_bits(Number x) {
  const Int u = bits_of(x), upper = u >> 16;
  return select(x != x, upper | Int(0x40), (u + Int(0x7fff) + (upper & Int(1))) >> 16);
}

std::optional<Number> call(const Instr& in, const Registers& registers) {
  const Number a = registers[in.a], b = registers[in.b], c = registers[in.c];
  if (gives_bool(in.fn)) return logical(in.fn, a, arity(in.fn) == 2 ? b : a);
  if (in.fn == Fn::kSign) return as_number(a > Number(0.0f)) - as_number(a < Number(0.0f));
  std::optional<Number> made;
  interpreter::with_fn(in.fn, [&]<Fn fn>() {
    if constexpr (!gives_bool(fn) && !from_library(fn) && fn != Fn::kSign) {
      if constexpr (arity(fn) == 1) made = Formula<fn>::value(a);
      if constexpr (arity(fn) == 2) made = Formula<fn>::value(a, b);
      if constexpr (arity(fn) == 3) made = Formula<fn>::value(a, b, c);
    }
  });
  return made;
}

std::optional<Number> load(const Instr& in, const Geometry& geometry, Recorder& recorder) {
  if (geometry.follow[in.a] == Follow::kScalar) return Number::of(recorder.record(Op::kScalar, in.a));
  if (geometry.follow[in.a] != Follow::kDense) return std::nullopt;
  if (in.storage == Storage::kF32) return Number::of(recorder.record(Op::kLoad, in.a));
  if (in.storage == Storage::kBF16) return Number::of(recorder.record(Op::kLoadBF16, in.a));
  return std::nullopt;
}

std::optional<Number> value_of(const Program& program, const Instr& in, const Geometry& geometry,
                               const Registers& registers, Recorder& recorder) {
  if (in.type != Type::kF32) return std::nullopt;
  if (in.kind == Kind::kLoad) return load(in, geometry, recorder);
  if (in.kind == Kind::kConstant)
    return Number::of(recorder.record(Op::kConstant, static_cast<unsigned>(program.constants[in.a])));
  if (in.kind == Kind::kFn) return call(in, registers);
  if (in.kind == Kind::kConvert && in.from == Type::kF32 && in.storage == Storage::kBF16)
    return float_of(shifted_left(bf16_bits(registers[in.a]), 16));
  return std::nullopt;
}

}  // namespace

std::optional<Code> code_of(const Program& program, const Geometry& geometry) {
  if (program.wide) return std::nullopt;
  Recorder recorder;
  Registers registers;
  for (int i = 0; i < program.count; ++i) {
    const Instr& in = program.code[i];
    if (in.kind == Kind::kStore) {
      const bool half = in.storage == Storage::kBF16;
      if (!half && in.storage != Storage::kF32) return std::nullopt;
      const int value = half ? bf16_bits(registers[in.a]).value : registers[in.a].value;
      recorder.code.stores.push_back({value, in.b, half});
      continue;
    }
    const std::optional<Number> made = value_of(program, in, geometry, registers, recorder);
    if (!made) return std::nullopt;
    registers[in.dst] = *made;
  }
  return std::move(recorder.code);
}

bool has_halves(const Code& code) {
  return std::any_of(code.operations.begin(), code.operations.end(),
                     [](const Operation& o) { return o.op == Op::kLoadBF16; }) ||
         std::any_of(code.stores.begin(), code.stores.end(), [](const Code::Store& s) { return s.half; });
}

int registers_of(const Code& code) {
  const std::size_t n = code.operations.size();
  std::vector<std::size_t> last(n, 0);  // per value: the operation that uses it last, or n where it is stored
  for (std::size_t i = 0; i < n; ++i)
    for (const int v : {code.operations[i].a, code.operations[i].b, code.operations[i].c})
      if (v >= 0) last[static_cast<std::size_t>(v)] = i;
  for (const Code::Store& s : code.stores) last[static_cast<std::size_t>(s.value)] = n;
  std::vector<int> ends(n + 1, 0);
  int alive = 0, most = 0;
  for (std::size_t i = 0; i < n; ++i) {
    alive -= ends[i];
    if (code.operations[i].uniform || last[i] == 0) continue;
    most = std::max(most, ++alive);
    ++ends[last[i]];
  }
  return most;
}

Code repeated(const Code& code, int copies) {
  Code out;
  std::vector<std::vector<int>> values;  // per value: its copies
  const auto copy_of = [&](int v, int copy) {
    if (v < 0) return v;
    const std::vector<int>& all = values[static_cast<std::size_t>(v)];
    return all[static_cast<std::size_t>(copy) % all.size()];
  };
  for (const Operation& o : code.operations) {
    std::vector<int> made;
    for (int copy = 0; copy < (o.uniform ? 1 : copies); ++copy) {
      made.push_back(static_cast<int>(out.operations.size()));
      out.operations.push_back(
          {o.op, copy_of(o.a, copy), copy_of(o.b, copy), copy_of(o.c, copy), o.bits, o.uniform, copy});
    }
    values.push_back(std::move(made));
  }
  for (const Code::Store& s : code.stores)
    for (int copy = 0; copy < copies; ++copy) out.stores.push_back({copy_of(s.value, copy), s.output, s.half, copy});
  return out;
}

}  // namespace weft::kernels::loop
