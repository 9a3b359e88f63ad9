// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/lanes.h"
#include "kernels/prod_others/loops.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

constexpr int kWidth = kLaneWidth<double>, kVectors = kLanes / kWidth;
constexpr int kRows = 64;
using Vector = LaneVector<double>;
using Places [[gnu::vector_size(kRegister)]] = std::int64_t;

// States of lanes side by side, part by part: products and, with a tangent, their derivatives along it.
template <int parts>
struct LaneStates {
  Vector part[parts][kVectors];
};

template <int parts>
WEFT_INLINE void start_lanes(LaneStates<parts>& s) {
  for (int v = 0; v < kVectors; ++v) {
    s.part[0][v] = Vector{} + 1;
    if constexpr (parts == 2) s.part[1][v] = Vector{};
  }
}

// into = into * from, for the vector v of lanes.
template <int parts>
WEFT_INLINE void join(LaneStates<parts>& into, const LaneStates<parts>& from, int v) {
  if constexpr (parts == 2) into.part[1][v] = into.part[1][v] * from.part[0][v] + into.part[0][v] * from.part[1][v];
  into.part[0][v] *= from.part[0][v];
}

// The state of each lane that is `distance` away.
template <int distance, int parts>
WEFT_INLINE LaneStates<parts> neighbors(const LaneStates<parts>& s) {
  LaneStates<parts> out;
  for (int k = 0; k < parts; ++k)
    for (int v = 0; v < kVectors; ++v) {
      if constexpr (distance >= kWidth) {
        out.part[k][v] = s.part[k][v ^ distance / kWidth];
      } else {
        out.part[k][v] = exchanged<distance, double>(s.part[k][v]);
      }
    }
  return out;
}

// Joins to the state of each lane those of all lanes but itself: of its neighbor, then of the neighboring pair, and so
// on. `s` holds the joined states of the group that a lane belongs to.
template <int distance, int parts>
WEFT_INLINE void join_others(LaneStates<parts>& s, LaneStates<parts>& others) {
  const LaneStates<parts> next = neighbors<distance>(s);
  for (int v = 0; v < kVectors; ++v) {
    join(others, next, v);
    join(s, next, v);
  }
  if constexpr (distance > 1) join_others<distance / 2>(s, others);
}

// A row of lanes: elements, tangents (null if there are none), and the number of lanes that have elements.
template <class T>
struct LaneRow {
  const T *x, *t;
  int n;
};

// The row in whole vectors.
template <class T>
struct Padded {
  T x[kLanes], t[kLanes];
  explicit Padded(const LaneRow<T>& row) {
    for (int i = 0; i < kLanes; ++i) x[i] = t[i] = T{};
    for (int i = 0; i < row.n; ++i) x[i] = row.x[i];
    for (int i = 0; row.t != nullptr && i < row.n; ++i) t[i] = row.t[i];
  }
};

// One more element for each lane below n.
template <bool whole, int parts, class T>
WEFT_INLINE void add_elements(LaneStates<parts>& s, const T* x, const T* t, int n) {
  for (int v = 0; v < kVectors; ++v) {
    const Vector factor = loaded<double>(x + v * kWidth);
    Vector next[parts];
    next[0] = s.part[0][v] * factor;
    if constexpr (parts == 2) next[1] = s.part[1][v] * factor + s.part[0][v] * loaded<double>(t + v * kWidth);
    Places place;
    for (int i = 0; i < kWidth; ++i) place[i] = v * kWidth + i;
    for (int k = 0; k < parts; ++k) s.part[k][v] = whole ? next[k] : place < n ? next[k] : s.part[k][v];
  }
}
template <bool whole, int parts, class T>
WEFT_INLINE void add_row(LaneStates<parts>& s, const LaneRow<T>& row) {
  if constexpr (whole) {
    add_elements<true>(s, row.x, row.t, kLanes);
  } else {
    const Padded<T> padded(row);
    add_elements<false>(s, padded.x, padded.t, row.n);
  }
}

// The results of a row, from the states before and behind it.
template <bool whole, int parts, class T>
WEFT_INLINE void put_row(const LaneStates<parts>& before, const LaneStates<parts>& behind, T* y, int n) {
  T some[kLanes];
  T* to = whole ? y : some;
  for (int v = 0; v < kVectors; ++v) {
    if constexpr (parts == 2) {
      store<double>(before.part[0][v] * behind.part[1][v] + before.part[1][v] * behind.part[0][v], to + v * kWidth);
    } else {
      store<double>(before.part[0][v] * behind.part[0][v], to + v * kWidth);
    }
  }
  for (int i = 0; !whole && i < n; ++i) y[i] = some[i];
}

// A piece as rows of `width` lanes, `stride` elements apart, and a last row of `rest` lanes.
template <class T>
struct LaneRows {
  const T *x, *t;
  std::int64_t stride;
  int rows, width, rest;
  LaneRow<T> row(int r) const {
    return {x + r * stride, t != nullptr ? t + r * stride : nullptr, r < rows ? width : rest};
  }
};

template <class T>
LaneRows<T> lane_rows(const ProdOthersPiece<T>& p) {
  if (p.width > 0) return {p.x, p.tangent, p.stride, static_cast<int>(p.count), static_cast<int>(p.width), 0};
  return {p.x, p.tangent, kLanes, static_cast<int>(p.count / kLanes), kLanes, static_cast<int>(p.count % kLanes)};
}

// The products of each lane's elements; before[r] becomes the states before row r.
template <bool whole, int parts, class T>
WEFT_INLINE LaneStates<parts> lane_products(const LaneRows<T>& p, LaneStates<parts>* before) {
  LaneStates<parts> s;
  start_lanes(s);
  for (int r = 0; r < p.rows; ++r) {
    before[r] = s;
    add_row<whole>(s, p.row(r));
  }
  before[p.rows] = s;
  if (p.rest > 0) add_row<false>(s, p.row(p.rows));
  return s;
}

// All results from the last row to the first one; `behind` has the states of all that no row holds.
template <bool whole, int parts, class T>
WEFT_INLINE void lane_others(const LaneRows<T>& p, const LaneStates<parts>* before, LaneStates<parts> behind, T* y) {
  if (p.rest > 0) {
    put_row<false>(before[p.rows], behind, y + p.rows * p.stride, p.rest);
    add_row<false>(behind, p.row(p.rows));
  }
  for (int r = p.rows; r-- > 0;) {
    put_row<whole>(before[r], behind, y + r * p.stride, p.width);
    add_row<whole>(behind, p.row(r));
  }
}

// A line of neighbors; `others` has the state of all that the line does not hold in every lane.
template <int parts, class T>
WEFT_INLINE void one_line(const LaneRows<T>& p, LaneStates<parts> others, T* y) {
  LaneStates<parts> before[kRows + 1];
  LaneStates<parts> s = lane_products<true>(p, before);
  join_others<kLanes / 2>(s, others);
  lane_others<true>(p, before, others, y);
}

template <int parts>
WEFT_INLINE LaneStates<parts> everywhere(double product, double slope) {
  LaneStates<parts> s;
  for (int v = 0; v < kVectors; ++v) {
    s.part[0][v] = Vector{} + product;
    if constexpr (parts == 2) s.part[1][v] = Vector{} + slope;
  }
  return s;
}

template <int parts, class T>
void others_of_lines(const T* c, const T* x, const T* t, T* y, std::int64_t lines, std::int64_t n) {
  const auto rows = static_cast<int>(n / kLanes), rest = static_cast<int>(n % kLanes);
  for (std::int64_t i = 0; i < lines; ++i, x += n, t += parts == 2 ? n : 0, y += n) {
    const LaneStates<parts> factor = everywhere<parts>(widened<double>(c[i]), 0);
    if (n == kLanes) {  // known to the compiler
      one_line<parts>(LaneRows<T>{x, t, kLanes, 1, kLanes, 0}, factor, y);
    } else {
      one_line<parts>(LaneRows<T>{x, t, kLanes, rows, kLanes, rest}, factor, y);
    }
  }
}

template <int parts, class T>
void products_of_piece(const ProdOthersPiece<T>& piece, double* states) {
  LaneStates<parts> before[kRows + 1];
  const LaneRows<T> rows = lane_rows(piece);
  if (piece.width == 0) {
    LaneStates<parts> s = lane_products<true>(rows, before), others = everywhere<parts>(1, 0);
    join_others<kLanes / 2>(s, others);
    __builtin_memcpy(states, &s, sizeof s);
  } else {
    const LaneStates<parts> s =
        piece.width == kLanes ? lane_products<true>(rows, before) : lane_products<false>(rows, before);
    __builtin_memcpy(states, &s, sizeof s);
  }
}

template <int parts, class T>
void others_of_piece(const ProdOthersPiece<T>& piece, const double* states, T* y) {
  const LaneRows<T> rows = lane_rows(piece);
  if (piece.width == 0) return one_line<parts>(rows, everywhere<parts>(states[0], parts == 2 ? states[kLanes] : 0), y);
  LaneStates<parts> before[kRows + 1], rest;
  __builtin_memcpy(&rest, states, sizeof rest);
  if (piece.width == kLanes) {
    lane_products<true>(rows, before);
    lane_others<true>(rows, before, rest, y);
  } else {
    lane_products<false>(rows, before);
    lane_others<false>(rows, before, rest, y);
  }
}

template <class T>
void resolve_loops(ProdOthersLoops<T>& loops, int tangents) {
  loops = tangents == 0 ? ProdOthersLoops<T>{others_of_lines<1, T>, products_of_piece<1, T>, others_of_piece<1, T>}
                        : ProdOthersLoops<T>{others_of_lines<2, T>, products_of_piece<2, T>, others_of_piece<2, T>};
}

}  // namespace
}  // namespace weft::kernels
