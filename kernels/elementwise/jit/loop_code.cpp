// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/jit/loop_code.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <utility>

#include "core/program/interpreter.h"
#include "kernels/elementwise/jit/loop_traced.h"

namespace weft::kernels::loop {
namespace {

using Kind = Instr::Kind;
using Registers = std::array<TracedFloat, Program::kMaxRegisters>;

// Functions that are partly computed in f64 or in the C library, for which loops have no code.
constexpr bool has_no_code(Fn fn) {
  return fn == Fn::kSin || fn == Fn::kCos || fn == Fn::kPow || fn == Fn::kRemainder || fn == Fn::kFloorDivide;
}

// Bools in f32 registers are 0 and 1.
TracedFloat as_number(TracedMask mask) { return select(mask, TracedFloat(1.0f), TracedFloat(0.0f)); }
TracedMask as_mask(TracedFloat x) { return x != TracedFloat(0.0f); }

TracedFloat logical(Fn fn, TracedFloat a, TracedFloat b) {
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
      return as_number(a == TracedFloat(0.0f));  // not
  }
}

// The bits of x as bf16, with the sign above them.
TracedInt bf16_bits(TracedFloat x) {
  const TracedInt u = bits_of(x), upper = u >> 16;
  return select(x != x, upper | TracedInt(0x40), (u + TracedInt(0x7fff) + (upper & TracedInt(1))) >> 16);
}

std::optional<TracedFloat> call(const Instr& in, const Registers& registers) {
  const TracedFloat a = registers[in.a], b = registers[in.b], c = registers[in.c];
  if (gives_bool(in.fn)) return logical(in.fn, a, arity(in.fn) == 2 ? b : a);
  if (in.fn == Fn::kSign) return as_number(a > TracedFloat(0.0f)) - as_number(a < TracedFloat(0.0f));
  std::optional<TracedFloat> made;
  interpreter::with_fn(in.fn, [&]<Fn fn>() {
    if constexpr (!gives_bool(fn) && !has_no_code(fn) && fn != Fn::kSign) {
      if constexpr (arity(fn) == 1) made = Formula<fn>::value(a);
      if constexpr (arity(fn) == 2) made = Formula<fn>::value(a, b);
      if constexpr (arity(fn) == 3) made = Formula<fn>::value(a, b, c);
    }
  });
  return made;
}

// The length of a row that all others meet as they do an operand that lies so; 0 if it does not.
std::int64_t row_of(const Geometry& g, int access) {
  const int last = g.rank - 1;
  for (int axis = 0; axis < last; ++axis)
    if (g.step[access][axis] != 0) return 0;
  return g.step[access][last] == 1 ? g.size[last] : 0;
}

// True if the operand has one number for each row of the last axis: (n, 1) beside (n, m).
bool is_number_per_row(const Geometry& g, int access) {
  std::int64_t step = 1;
  for (int axis = g.rank - 2; axis >= 0; --axis) {
    if (g.step[access][axis] != step) return false;
    step *= g.size[axis];
  }
  return g.step[access][g.rank - 1] == 0;
}

// All that goes by rows goes by rows of one length.
bool keep_row(Code& code, std::int64_t row) {
  if (row == 0 || (code.row != 0 && code.row != row)) return false;
  code.row = row;
  return true;
}

// The code without operations that no store needs.
Code live_part(const Code& code) {
  std::vector<bool> needed(code.operations.size(), false);
  for (const Code::Store& s : code.stores) needed[at(s.value)] = true;
  for (auto v = static_cast<int>(code.operations.size()) - 1; v >= 0; --v) {
    const Operation& o = code.operations[at(v)];
    for (const int operand : {o.a, o.b, o.c})
      if (operand >= 0 && needed[at(v)]) needed[at(operand)] = true;
  }
  Code out = code;
  out.operations.clear();
  std::vector<int> moved(code.operations.size(), -1);
  for (std::size_t v = 0; v < code.operations.size(); ++v) {
    if (!needed[v]) continue;
    moved[v] = static_cast<int>(out.operations.size());
    Operation o = code.operations[v];
    for (int* const operand : {&o.a, &o.b, &o.c})
      if (*operand >= 0) *operand = moved[at(*operand)];
    out.operations.push_back(o);
  }
  for (Code::Store& s : out.stores) s.value = moved[at(s.value)];
  return out;
}

class Translation {
 public:
  Translation(const Program& program, const Geometry& geometry) : program_(program), geometry_(geometry) {}

  bool translate() {
    for (int i = 0; i < program_.count; ++i)
      if (!translate(program_.code[i])) return false;
    return true;
  }
  Code code() const { return live_part(recorder_.code); }

 private:
  bool translate(const Instr& in) {
    if (in.type == Type::kF64) return translate_wide(in);
    if (in.type != Type::kF32 || reads_wide(in)) return false;
    if (has_result(in.kind)) wide_[in.dst].reset();
    if (in.kind == Kind::kStore) return store(in);
    if (in.kind == Kind::kReduce) return reduce(in, registers_[in.a], false);
    const std::optional<TracedFloat> made = value_of(in);
    if (made) registers_[in.dst] = *made;
    return made.has_value();
  }

  bool store(const Instr& in) {
    const TracedFloat x = registers_[in.a];
    std::vector<Code::Store>& stores = recorder_.code.stores;
    if (in.storage == Storage::kF32) {
      stores.push_back({x.value, in.b});
    } else if (in.storage == Storage::kBF16) {
      stores.push_back({bf16_bits(x).value, in.b, Kept::kBF16});
    } else if (in.storage == Storage::kBool) {
      stores.push_back({select(as_mask(x), TracedInt(1), TracedInt(0)).value, in.b, Kept::kBool});
    } else {
      return false;
    }
    return true;
  }
  // An f32 value as f64, or its square, which is exact there.
  struct Wide {
    TracedFloat x;
    bool squared = false;
  };
  bool reads_wide(const Instr& in) const {
    const int n = sources(in.kind, in.fn);
    return (n > 0 && wide_[in.a]) || (n > 1 && wide_[in.b]) || (n > 2 && wide_[in.c]);
  }
  bool translate_wide(const Instr& in) {
    if (in.kind == Kind::kConvert && in.from == Type::kF32 && in.storage == Storage::kF64 && !wide_[in.a]) {
      wide_[in.dst] = Wide{registers_[in.a]};
      return true;
    }
    const std::optional<Wide> from = wide_[in.a];
    if (!from) return false;
    if (in.kind == Kind::kReduce) return reduce(in, from->x, from->squared);
    if (in.kind != Kind::kFn || from->squared) return false;
    if (in.fn != Fn::kSquare && !(in.fn == Fn::kMultiply && in.a == in.b)) return false;
    wide_[in.dst] = Wide{from->x, true};
    return true;
  }
  bool reduce(const Instr& in, TracedFloat x, bool squared) {
    if (in.fn != Fn::kAdd) return false;
    const bool trailing = in.c != 0;
    const std::int64_t kept = geometry_.kept[in.b], row = trailing ? geometry_.count / kept : kept;
    if (!(trailing && kept == 1)) {
      if (!keep_row(recorder_.code, row)) return false;
      if (trailing) recorder_.code.row_totals |= 1u << in.b;
    }
    recorder_.code.stores.push_back({x.value, in.b, trailing ? Kept::kTotal : Kept::kSum, 0, squared});
    return true;
  }

  std::optional<TracedFloat> value_of(const Instr& in) {
    if (in.kind == Kind::kLoad) return load(in);
    if (in.kind == Kind::kConstant)
      return TracedFloat::of(recorder_.record(Op::kConstant, static_cast<unsigned>(program_.constants[in.a])));
    if (in.kind == Kind::kFn) return call(in, registers_);
    if (in.kind == Kind::kConvert && in.from == Type::kF32 && in.storage == Storage::kBF16)
      return float_of(shifted_left(bf16_bits(registers_[in.a]), 16));
    return std::nullopt;
  }
  std::optional<TracedFloat> load(const Instr& in) {
    if (geometry_.follow[in.a] == Follow::kScalar) return TracedFloat::of(recorder_.record(Op::kScalar, in.a));
    if (geometry_.follow[in.a] == Follow::kStrided) {
      if (is_number_per_row(geometry_, in.a)) return number_per_row(in);
      if (!keep_row(recorder_.code, row_of(geometry_, in.a))) return std::nullopt;
      recorder_.code.rows |= 1u << in.a;
    }
    if (in.storage == Storage::kF32) return TracedFloat::of(recorder_.record(Op::kLoad, in.a));
    if (in.storage == Storage::kBF16) return TracedFloat::of(recorder_.record(Op::kLoadBF16, in.a));
    if (in.storage == Storage::kBool) return number_of(TracedInt::of(recorder_.record(Op::kLoadBool, in.a)));
    return std::nullopt;
  }

  std::optional<TracedFloat> number_per_row(const Instr& in) {
    if (in.storage != Storage::kF32 && in.storage != Storage::kBF16 && in.storage != Storage::kBool)
      return std::nullopt;
    recorder_.code.span = geometry_.size[geometry_.rank - 1];
    recorder_.code.numbers |= 1u << in.a;
    return TracedFloat::of(recorder_.record(Op::kScalar, in.a));
  }

  const Program& program_;
  const Geometry& geometry_;
  Recorder recorder_;
  Registers registers_;
  std::array<std::optional<Wide>, Program::kMaxRegisters> wide_{};  // registers that are f64
};

}  // namespace

std::optional<Code> code_of(const Program& program, const Geometry& geometry) {
  Translation translation(program, geometry);
  if (!translation.translate()) return std::nullopt;
  return translation.code();
}

Uses::Uses(const Code& code) : uses_(code.operations.size()), next_(code.operations.size()) {
  int position = 0;
  for (const Operation& o : code.operations) {
    if (!o.uniform) {
      for (const int v : {o.a, o.b, o.c})
        if (v >= 0) uses_[at(v)].push_back(position);
    }
    ++position;
  }
  for (const Code::Store& s : code.stores) uses_[at(s.value)].push_back(position++);
}

namespace {

// The input that a mask says is not 0, where that is one number for all elements.
std::optional<unsigned> number_of_mask(const Code& code, const Operation& mask) {
  if (mask.op != Op::kCompare || mask.bits != kNotEqual) return std::nullopt;
  const Operation &number = code.operations[at(mask.a)], &zero = code.operations[at(mask.b)];
  const bool fixed = number.op == Op::kScalar && zero.op == Op::kConstant && zero.bits == 0;
  return fixed && !(code.numbers >> number.bits & 1) ? std::optional(number.bits) : std::nullopt;
}

}  // namespace

std::optional<Decided> decided(const Code& code) {
  std::optional<unsigned> input;
  Code out = code;
  std::vector<int> chosen(code.operations.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  for (std::size_t v = 0; v < code.operations.size(); ++v) {
    Operation& o = out.operations[v];
    for (int* const operand : {&o.a, &o.b, &o.c})
      if (*operand >= 0) *operand = chosen[at(*operand)];
    if (o.op != Op::kSelect) continue;
    const std::optional<unsigned> number = number_of_mask(code, code.operations[at(o.a)]);
    if (!number || (input && input != number)) continue;
    input = number;
    chosen[v] = o.b;
  }
  if (!input) return std::nullopt;
  for (Code::Store& s : out.stores) s.value = chosen[at(s.value)];
  return Decided{live_part(out), *input};
}

int registers_of(const Code& code) {
  const Uses uses(code);
  const auto n = static_cast<int>(code.operations.size());
  std::vector<int> ends(code.operations.size() + code.stores.size(), 0);
  int alive = 0, most = 0;
  for (int i = 0; i < n; ++i) {
    alive -= ends[at(i)];
    if (code.operations[at(i)].uniform || !uses.any(i)) continue;
    most = std::max(most, ++alive);
    ++ends[at(uses.last(i))];
  }
  return most;
}

Code repeated(const Code& code, int copies) {
  Code out{{}, {}, code.row, code.row_totals, code.rows, code.span, code.numbers, code.element};
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
    for (int copy = 0; copy < copies; ++copy)
      out.stores.push_back({copy_of(s.value, copy), s.output, s.as, copy, s.squared});
  return out;
}

}  // namespace weft::kernels::loop
