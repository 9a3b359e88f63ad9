// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/formula/math.h"
#include "kernels/softmax/row_loops_isa.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

constexpr int kAtOnce = 256;

// As many lanes as a row needs: a power of two, at most kAtOnce; whole registers, so that short rows are vector code.
int lanes_for(std::int64_t n) {
  int lanes = kAtOnce;
  while (lanes > 16 && lanes / 2 >= n) lanes /= 2;
  return lanes;
}

// The join of all lanes, halves on halves; every instruction set adds in the same order.
template <class A, class Join>
A halves(A* lanes, int count, Join join) {
  for (int half = count / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = join(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

template <class A>
A row_max(const A* x, std::int64_t n) {
  const auto larger = [](A a, A b) { return b > a ? b : a; };
  const int count = lanes_for(n);
  A lanes[kAtOnce];
  for (int i = 0; i < count; ++i) lanes[i] = static_cast<A>(-__builtin_inf());
  std::int64_t j = 0;
  for (; j + count <= n; j += count) {
    for (int i = 0; i < count; ++i) lanes[i] = larger(lanes[i], x[j + i]);
  }
  for (int i = 0; j + i < n; ++i) lanes[i] = larger(lanes[i], x[j + i]);
  return halves(lanes, count, larger);
}

template <class A>
double row_exps(const A* x, std::int64_t n, A max, A* out) {
  const int count = lanes_for(n);
  double sum = 0;
  for (std::int64_t j = 0; j < n; j += count) {
    const int some = n - j < count ? static_cast<int>(n - j) : count;
    A lanes[kAtOnce];
    for (int i = 0; i < some; ++i) lanes[i] = x[j + i] - max;
    for (int i = some; i < count; ++i) lanes[i] = static_cast<A>(-__builtin_inf());
    for (int i = 0; i < count; ++i) lanes[i] = math::exp(lanes[i]);
    if (out) {
      for (int i = 0; i < some; ++i) out[j + i] = lanes[i];
    }
    for (int i = some; i < count; ++i) lanes[i] = 0;
    sum += static_cast<double>(halves(lanes, count, [](A a, A b) { return a + b; }));
  }
  return sum;
}

template <class A>
void scale_row(A* x, std::int64_t n, A factor) {
  for (std::int64_t j = 0; j < n; ++j) x[j] *= factor;
}

template <class A>
void resolve_loops(RowLoops<A>& loops) {
  loops = {row_max<A>, row_exps<A>, scale_row<A>};
}

}  // namespace

}  // namespace weft::kernels
