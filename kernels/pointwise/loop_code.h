// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/formula/program.h"
#include "kernels/pointwise/geometry.h"

// What a compiled loop does with each vector of elements: straight-line code in which every value is made once. A value
// is the number of the operation that makes it.
namespace weft::kernels::loop {

enum class Op : std::uint8_t {
  kLoad,      // a vector of input `bits`
  kLoadBF16,  // the same of bf16
  kScalar,    // the one element of input `bits` as f32, in every lane
  kConstant,  // `bits` in every lane
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFma,  // a * b + c, rounded once
  kSqrt,
  kFloor,
  kCeil,
  kRound,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,   // by `bits`
  kShiftRight,  // by `bits`, the sign moves in
  kIntAdd,
  kIntSubtract,
  kToFloat,      // from an integer
  kCompare,      // a mask; `bits` is the predicate as the processor numbers them
  kIntLess,      // a mask
  kMaskAnd,      // masks of masks
  kMaskOr,       //
  kMaskNotSame,  //
  kSelect,       // mask a, b where it is set and c elsewhere
};

constexpr bool loads(Op op) { return op == Op::kLoad || op == Op::kLoadBF16; }
constexpr bool gives_mask(Op op) { return op >= Op::kCompare && op <= Op::kMaskNotSame; }

struct Operation {
  Op op = Op::kConstant;
  int a = -1, b = -1, c = -1;
  unsigned bits = 0;
  bool uniform = false;  // the same in every lane of every vector
  int copy = 0;          // of the vectors that are worked on together, which
};

struct Code {
  struct Store {
    int value, output;
    bool half = false;  // the low 16 bits of each lane
    int copy = 0;
  };
  std::vector<Operation> operations;
  std::vector<Store> stores;
};

// The program as such code; nothing where it holds what has no code of this kind: other types than f32 and bf16,
// operands that are broadcast along some axes only, draws, reductions, and functions of the C library.
std::optional<Code> code_of(const Program& program, const Geometry& geometry);

// Whether it reads or writes 16-bit elements.
bool has_halves(const Code& code);
// The most values that are alive at once, uniform ones left out.
int registers_of(const Code& code);
// The same for several neighbouring vectors, operation by operation: one chain of operations that wait for one another
// leaves most of the processor idle.
Code repeated(const Code& code, int copies);

}  // namespace weft::kernels::loop
