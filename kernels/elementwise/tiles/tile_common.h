// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/elementwise/lower/common_programs.h"
#include "kernels/elementwise/tiles/tile_machine.h"

// The common programs on the CPU: one loop each, whose registers are the processor's. Like tile_machine.h for files
// built for one instruction set.
namespace weft::kernels {
namespace {

// The machine of core/program/interpreter.h for one element. With every index known at compile time its registers are
// plain variables, and the loop over elements becomes vector code.
template <int registers>
class ElementMachine {
 public:
  explicit ElementMachine(const Operands& operands) {
    for (int i = 0; i < Program::kMaxAccesses; ++i) inputs_[i] = static_cast<const float*>(operands.inputs[i]);
    for (int i = 0; i < Program::kMaxOutputs; ++i) outputs_[i] = static_cast<float*>(operands.outputs[i]);
  }
  void move_to(std::int64_t element) { element_ = element; }

  static constexpr int lanes() { return 1; }
  template <class T>
  TileReader<T> read(int reg) const {
    return {words_ + reg};
  }
  template <class T>
  TileWriter<T> write(int reg) {
    return {words_ + reg};
  }
  template <class T, Storage>
  void load(int dst, int input) {
    words_[dst] = inputs_[input][element_];
  }
  template <class T, Storage>
  void store(int reg, int output) {
    outputs_[output][element_] = words_[reg];
  }

 private:
  const float* inputs_[Program::kMaxAccesses];
  float* outputs_[Program::kMaxOutputs];
  std::int64_t element_ = 0;
  float words_[registers];
};

template <class C, int reg, class Machine>
void fill_registers(const Program& program, const Operands& operands, Machine& machine) {
  if constexpr (reg < C::value.filled) {
    machine.template write<float>(reg).put(0, filled_value(program, reg, operands.inputs));
    fill_registers<C, reg + 1>(program, operands, machine);
  }
}

// Elements [begin, end). An output may be the very same bytes as an input.
template <class C>
void run_elements(const Program& program, const Operands& operands, std::int64_t begin, std::int64_t end) {
  ElementMachine<C::value.body.registers> machine(operands);
  fill_registers<C, 0>(program, operands, machine);
  WEFT_LANES
  for (std::int64_t i = begin; i < end; ++i) {
    machine.move_to(i);
    interpreter::run_constant<BodyOf<C>, 0, C::value.body.count>(machine);
  }
}

}  // namespace
}  // namespace weft::kernels
