// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>

#include "kernels/elementwise/jit/loop_code.h"

// Machine code for x86-64 with AVX2 and FMA or with AVX-512.
namespace weft::kernels::loop {

// Arguments of a compiled loop: addresses of its first elements, or states, and the number of elements, a multiple of
// MachineCode::step. Every element of an input is read before that of an output is written, so they may be the same.
// An operand that goes by rows begins anew after the first `turn` elements, and then after every period; where there
// are more elements than that, both are multiples of the step. All of that is done once for each of `rows`, or once
// where that is 0, which lie so many bytes apart in each operand.
struct Frame {
  const void* inputs[Program::kMaxAccesses];
  float scalars[Program::kMaxAccesses];
  void* outputs[Program::kMaxOutputs];
  std::int64_t count, turn, rows;
  std::int64_t input_steps[Program::kMaxAccesses], output_steps[Program::kMaxOutputs];
};

class MachineCode {
 public:
  virtual ~MachineCode() = default;
  void (*run)(const Frame*) = nullptr;
  // run() with stores past the caches; outputs are f32 and lie at multiples of a vector's size.
  void (*stream)(const Frame*) = nullptr;
  std::int64_t step = 0;
};

// `copies` vectors are worked on together; the inputs that `large` names as bits are fetched ahead. Null where that
// needs more of the processor's address registers than there are, and where the system does not let memory be executed.
std::unique_ptr<MachineCode> emit(const Code& code, int vector_bytes, int copies, unsigned large, std::int64_t period);

}  // namespace weft::kernels::loop
