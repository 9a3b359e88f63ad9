// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/interpreter.h"
#include "kernels/elementwise/tiles/tile_reduce.h"
#include "kernels/elementwise/tiles/tiles.h"

// The reference engine: every instruction for one element, then for the next. Slow and short; all other engines give
// its bits, but for the order of sums. Like tile_machine.h for files built for one instruction set.
namespace weft::kernels {
namespace {

// The machine of core/program/interpreter.h whose only lane is one element.
class ReferenceMachine {
 public:
  ReferenceMachine(const CpuProgram& p, const Operands& operands)
      : program_(p.program), geometry_(p.geometry), operands_(operands) {}
  // The next instructions are for this element, which is (row, column) of the window.
  void move_to(std::int64_t element, std::int64_t row, std::int64_t column) {
    element_ = element;
    row_ = row;
    column_ = column;
  }

  static constexpr int lanes() { return 1; }
  template <class T>
  struct Register {
    unsigned char* bytes;
    T operator[](int) const {
      T value;
      __builtin_memcpy(&value, bytes, sizeof(T));
      return value;
    }
    void put(int, T value) { __builtin_memcpy(bytes, &value, sizeof(T)); }
  };
  template <class T>
  Register<T> read(int reg) {
    return {registers_[reg]};
  }
  template <class T>
  Register<T> write(int reg) {
    return {registers_[reg]};
  }

  template <class T, Storage storage>
  void load(int dst, int input) {
    const std::int64_t step = operands_.row_step[input];
    const std::int64_t at = step ? row_ * step + column_ : geometry_.offset(input, element_);
    write<T>(dst).put(0, convert<T>(static_cast<const interpreter::StoredAs<storage>*>(operands_.inputs[input])[at]));
  }
  template <class T, Storage storage>
  void store(int reg, int output) {
    using S = interpreter::StoredAs<storage>;
    if (operands_.outputs[output]) static_cast<S*>(operands_.outputs[output])[element_] = convert<S>(read<T>(reg)[0]);
  }
  template <class T, Fn join>
  void reduce(int reg, int output, bool trailing) {
    const Partial& partial = operands_.partials[output];
    if (!partial.states) return;
    const std::int64_t kept = geometry_.kept[output];
    const std::int64_t result = trailing ? element_ / (geometry_.count / kept) : element_ % kept;
    StateOf<T>& state = static_cast<StateOf<T>*>(partial.states)[result - partial.first];
    state = joined<join>(state, static_cast<StateOf<T>>(read<T>(reg)[0]));
  }

  const long long* state(int input) const { return static_cast<const long long*>(operands_.inputs[input]); }
  long long element(int access, int) const { return geometry_.offset(access, element_); }
  unsigned long long constant(int index) const { return program_.constants[index]; }

 private:
  const Program& program_;
  const Geometry& geometry_;
  const Operands& operands_;
  std::int64_t element_ = 0, row_ = 0, column_ = 0;
  alignas(8) unsigned char registers_[Program::kMaxRegisters][8];
};

void run_reference(const CpuProgram& p, const Operands& operands, const Window& w) {
  ReferenceMachine machine(p, operands);
  for (std::int64_t row = 0; row < w.rows; ++row)
    for (std::int64_t column = 0; column < w.cols; ++column) {
      machine.move_to(w.begin + row * w.pitch + column, row, column);
      for (int k = 0; k < p.program.count; ++k) interpreter::interpret(p.program.code[k], machine);
    }
}

}  // namespace
}  // namespace weft::kernels
