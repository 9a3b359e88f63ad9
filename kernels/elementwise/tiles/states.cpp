// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/tiles/states.h"

#include <algorithm>
#include <type_traits>

#include "kernels/elementwise/tiles/tile_reduce.h"
#include "kernels/reduce/accumulate.h"

namespace weft::kernels {
namespace {

// Calls f<S>() with the type of the states.
template <class F>
void with_state(const Reduction& reduction, F&& f) {
  if (reduction.type == Type::kI64) return f.template operator()<long long>();
  f.template operator()<double>();
}

// The state of no elements.
template <class S>
S start_of(Fn join) {
  if (join == Fn::kMaximum) return lowest<S>();
  if (join == Fn::kMinimum) return highest<S>();
  return 0;
}

}  // namespace

void start_states(const Reduction& reduction, void* states, std::int64_t n) {
  with_state(reduction, [&]<class S>() { std::fill_n(static_cast<S*>(states), n, start_of<S>(reduction.join)); });
}

void join_states(const Reduction& reduction, void* states, const void* next, std::int64_t n) {
  with_state(reduction, [&]<class S>() {
    interpreter::with_join(reduction.join,
                           [&]<Fn join>() { join_row<join>(static_cast<S*>(states), static_cast<const S*>(next), n); });
  });
}

void finish_states(const Reduction& reduction, const void* states, std::int64_t n, void* out) {
  with_state(reduction, [&]<class S>() {
    interpreter::with_storage(reduction.storage, [&]<Storage storage>() {
      using Out = interpreter::StoredAs<storage>;
      if constexpr (std::is_same_v<S, double> == (type_of(storage) != Type::kI64)) {
        const S* from = static_cast<const S*>(states);
        for (std::int64_t i = 0; i < n; ++i) static_cast<Out*>(out)[i] = convert<Out>(from[i]);
      }
    });
  });
}

}  // namespace weft::kernels
