// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"

namespace weft::kernels {

// Elements that are worked on together: `width` neighboring lines, or one line of neighbors if width is 0.
template <class T>
struct ProdOthersPiece {
  const T *x, *tangent;        // tangent: null if there is none
  std::int64_t count, stride;  // elements of a line, and the way from one to the next
  std::int64_t width;
};

// Loops of prod_others without tangents or with one, built once per instruction set. States lie part by part, kLanes
// doubles for each; a piece of one line has its state in lane 0.
template <class T>
struct ProdOthersLoops {
  static constexpr std::int64_t kLanes = 16, kRows = 64;  // at most: width, and rows of a piece
  static constexpr std::int64_t kLine = kLanes * kRows;   // elements of a piece of one line
  // `lines` lines of n neighbors, one behind the other; n is at most kLine.
  void (*lines)(const T* c, const T* x, const T* tangent, T* y, std::int64_t lines, std::int64_t n);
  // The states of a piece's lines.
  void (*products)(const ProdOthersPiece<T>& piece, double* states);
  // Results of a piece, from the states of all else in its lines times c.
  void (*others)(const ProdOthersPiece<T>& piece, const double* states, T* y);
};

// For the instruction set that cpu::isa() names.
template <class T>
ProdOthersLoops<T> prod_others_loops(int tangents);

// Overloads of one name, because a function template would leave symbols that the linker may join.
#define WEFT_DECLARE_LOOPS                              \
  void resolve(ProdOthersLoops<float>&, int tangents);  \
  void resolve(ProdOthersLoops<double>&, int tangents); \
  void resolve(ProdOthersLoops<bf16>&, int tangents);   \
  void resolve(ProdOthersLoops<f16>&, int tangents);
namespace baseline {
WEFT_DECLARE_LOOPS
}  // namespace baseline
namespace avx2 {
WEFT_DECLARE_LOOPS
}  // namespace avx2
namespace avx512 {
WEFT_DECLARE_LOOPS
}  // namespace avx512
#undef WEFT_DECLARE_LOOPS

}  // namespace weft::kernels
