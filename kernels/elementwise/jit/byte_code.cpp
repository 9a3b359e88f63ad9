// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>
#include <utility>

#include "core/program/geometry.h"
#include "core/program/program.h"
#include "kernels/elementwise/jit/loop_code.h"
#include "kernels/elementwise/jit/loop_traced.h"

namespace weft::kernels::loop {
namespace {

using Kind = Instr::Kind;

// Each register holds the number of an operation whose lanes are bytes of 0 and 1.
class ByteTranslation {
 public:
  ByteTranslation(const Program& program, const Geometry& geometry) : program_(program), geometry_(geometry) {}

  std::optional<Code> operator()() {
    recorder_.code.element = 1;
    for (int i = 0; i < program_.count; ++i)
      if (!translate(program_.code[i])) return std::nullopt;
    return std::move(recorder_.code);
  }

 private:
  bool translate(const Instr& in) {
    if (in.kind == Kind::kStore) {
      if (in.storage != Storage::kBool) return false;
      recorder_.code.stores.push_back({registers_[in.a], in.b, Kept::kBytes});
      return true;
    }
    const std::optional<int> made = value_of(in);
    if (made) registers_[in.dst] = *made;
    return made.has_value();
  }

  std::optional<int> value_of(const Instr& in) {
    if (in.kind == Kind::kConstant) return truth(in);
    if (in.kind == Kind::kFn && in.type == Type::kF32) return logical(in.fn, registers_[in.a], registers_[in.b]);
    const bool dense = in.kind == Kind::kLoad && geometry_.follow[in.a] == Follow::kDense;
    if (!dense || in.storage != Storage::kBool) return std::nullopt;
    // Any byte but 0 is true.
    return record(Op::kByteMin, recorder_.record(Op::kLoadBytes, in.a), constant(true));
  }

  // A constant beside bools, 0 or 1; another number has no byte.
  std::optional<int> truth(const Instr& in) {
    const auto bits = static_cast<unsigned>(program_.constants[in.a]);
    if (in.type != Type::kF32 || (bits != 0 && bits != __builtin_bit_cast(unsigned, 1.0f))) return std::nullopt;
    return constant(bits != 0);
  }
  int constant(bool value) { return recorder_.record(Op::kConstant, value ? 0x01010101u : 0u); }
  int opposite(int a) { return record(Op::kXor, a, constant(true)); }

  std::optional<int> logical(Fn fn, int a, int b) {
    switch (fn) {
      case Fn::kLogicalNot:
        return opposite(a);
      case Fn::kLogicalAnd:
        return record(Op::kAnd, a, b);
      case Fn::kLogicalOr:
        return record(Op::kOr, a, b);
      case Fn::kLogicalXor:
      case Fn::kNotEqual:
        return record(Op::kXor, a, b);
      case Fn::kEqual:
        return opposite(record(Op::kXor, a, b));
      default:
        return std::nullopt;
    }
  }

  const Program& program_;
  const Geometry& geometry_;
  Recorder recorder_;
  std::array<int, Program::kMaxRegisters> registers_{};
};

}  // namespace

std::optional<Code> byte_code_of(const Program& program, const Geometry& geometry) {
  if (program.wide) return std::nullopt;
  return ByteTranslation(program, geometry)();
}

}  // namespace weft::kernels::loop
