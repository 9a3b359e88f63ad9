// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/program/geometry.h"
#include "core/program/program.h"

// Straight-line code that a compiled loop runs for each vector of elements. Every value is made once, and is the number
// of the operation that makes it.
namespace weft::kernels::loop {

enum class Op : std::uint8_t {
  kLoad,       // a vector of input `bits`
  kLoadBF16,   // a vector of bf16 input `bits`, as f32
  kLoadBool,   // a vector of bool input `bits`, as integers
  kLoadBytes,  // a vector of bytes of input `bits`
  kScalar,     // the one element of input `bits` as f32, in every lane
  kConstant,   // `bits` in every lane
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFma,  // a * b + c, rounded once
  kMin,  // a < b ? a : b
  kMax,  // a > b ? a : b
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
  kByteMin,      // the smaller of two bytes without signs
  kToFloat,      // from an integer
  kCompare,      // a mask; `bits` is the predicate as the processor numbers them
  kIntLess,      // a mask
  kMaskAnd,      // masks of masks
  kMaskOr,       //
  kMaskNotSame,  //
  kSelect,       // mask a, b where it is set and c elsewhere
};

constexpr bool loads(Op op) {
  return op == Op::kLoad || op == Op::kLoadBF16 || op == Op::kLoadBool || op == Op::kLoadBytes;
}
// Bytes of an element that is loaded.
constexpr int bytes_of(Op load) { return load == Op::kLoad ? 4 : load == Op::kLoadBF16 ? 2 : 1; }
constexpr bool gives_mask(Op op) { return op >= Op::kCompare && op <= Op::kMaskNotSame; }

// Predicates of kCompare; the first is true for NaN, too.
constexpr unsigned kNotEqual = 0x04, kLess = 0x11, kGreater = 0x1e;

struct Operation {
  Op op = Op::kConstant;
  int a = -1, b = -1, c = -1;
  unsigned bits = 0;
  bool uniform = false;  // the same in every lane of every vector
  int copy = 0;          // number among the vectors that are worked on together
};

enum class Kept : std::uint8_t {
  kF32,
  kBF16,   // a lane in 16 bits, which hold it
  kBool,   // a lane in 8 bits, which hold it
  kBytes,  // whole vectors of bytes
  kSum,    // added to states of f64, one for each column
  kTotal,  // added to states of f64, one for each lane
};
constexpr bool adds(Kept as) { return as == Kept::kSum || as == Kept::kTotal; }
constexpr bool is_narrow(Kept as) { return as == Kept::kBF16 || as == Kept::kBool; }
constexpr int bytes_of(Kept as) { return adds(as) ? 8 : as == Kept::kF32 ? 4 : as == Kept::kBF16 ? 2 : 1; }

struct Code {
  struct Store {
    int value, output;
    Kept as = Kept::kF32;
    int copy = 0;
    bool squared = false;  // true: the square, in f64, is what is added
  };
  std::vector<Operation> operations;
  std::vector<Store> stores;
  // Length of a row; 0 where nothing goes by rows: no input (m) beside (n, m), no sum of columns, no total of rows.
  std::int64_t row = 0;
  unsigned row_totals = 0;  // the outputs that are totals of rows, as bits; other totals are of all elements
  unsigned rows = 0;        // the inputs that are one row, as bits
  // Length of a row in which an input has one number, as (n, 1) beside (n, m); 0 without such inputs, which are bits.
  std::int64_t span = 0;
  unsigned numbers = 0;
  int element = 4;  // bytes of a lane
};

// The program as such code; nothing where it holds what has no code of this kind: other types than f32, bf16 and bools,
// operands that are broadcast otherwise, draws, other reductions, and sin, cos and pow. f64 has code in one place: sums
// of f32 values, or of their squares, which norms are made of.
std::optional<Code> code_of(const Program& program, const Geometry& geometry);
// A program of logic on dense bools, whose lanes are bytes of 0 and 1, four times as many in a vector; nothing for
// others.
std::optional<Code> byte_code_of(const Program& program, const Geometry& geometry);

inline std::size_t at(int i) { return static_cast<std::size_t>(i); }

// The uses of each value by others than uniform ones, in the order in which operations, then stores, stand in the loop.
class Uses {
 public:
  static constexpr int kNoUse = 1 << 30;

  explicit Uses(const Code& code);
  // The first use after a position that only grows.
  int after(int value, int position) {
    std::size_t& next = next_[at(value)];
    const std::vector<int>& all = uses_[at(value)];
    while (next < all.size() && all[next] <= position) ++next;
    return next < all.size() ? all[next] : kNoUse;
  }
  int last(int value) const { return uses_[at(value)].back(); }
  bool any(int value) const { return !uses_[at(value)].empty(); }
  std::size_t count(int value) const { return uses_[at(value)].size(); }

 private:
  std::vector<std::vector<int>> uses_;
  std::vector<std::size_t> next_;
};

// Code in which every choice by one number, a bool that is the same for all elements, is made in favor of true: an
// update that is skipped where gradients are not finite, without the skipping.
struct Decided {
  Code code;
  unsigned input = 0;  // the number
};
// Nothing where no choice goes by such a number.
std::optional<Decided> decided(const Code& code);

// The most values that are alive at once, uniform ones left out.
int registers_of(const Code& code);
// The code for several neighboring vectors, operation by operation, because one chain of operations that wait for one
// another leaves most of the processor idle.
Code repeated(const Code& code, int copies);

}  // namespace weft::kernels::loop
