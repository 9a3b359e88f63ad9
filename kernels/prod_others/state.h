// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

// States of products of numbers x_j + sum_a t_aj e_a with e_a e_a = 0, the dual numbers of several tangents. Part s of
// a state is the factor of the product of those e_a of which bit a of s is set; there are 2^tangents parts. The last
// part is the derivative of the product of all x_j along all tangents.
namespace weft::kernels {

template <int tangents>
struct ProductState {
  static constexpr int kParts = 1 << tangents;
  double part[kParts];
};

// The state of no elements, times c.
WEFT_HD inline void start_product(double* state, int parts, double c) {
  for (int s = 0; s < parts; ++s) state[s] = s == 0 ? c : 0;
}

// One more element. Larger parts come first, because they are made of smaller ones.
WEFT_HD inline void add_factor(double* state, int tangents, double x, const double* t) {
  for (int s = (1 << tangents) - 1; s >= 0; --s) {
    double next = state[s] * x;
    for (int a = 0; a < tangents; ++a)
      if ((s >> a & 1) != 0) next += state[s ^ 1 << a] * t[a];
    state[s] = next;
  }
}

// The last part of the product of two states.
WEFT_HD inline double last_part(const double* a, const double* b, int parts) {
  double sum = a[0] * b[parts - 1];
  for (int s = 1; s < parts; ++s) sum += a[s] * b[parts - 1 - s];
  return sum;
}

// into = into * from
template <int tangents>
WEFT_HD inline void join_products(ProductState<tangents>& into, const ProductState<tangents>& from) {
  for (int s = ProductState<tangents>::kParts - 1; s >= 0; --s) {
    double next = into.part[s] * from.part[0];
    for (int r = 0; r < s; ++r)
      if ((r & s) == r) next += into.part[r] * from.part[s ^ r];
    into.part[s] = next;
  }
}

}  // namespace weft::kernels
