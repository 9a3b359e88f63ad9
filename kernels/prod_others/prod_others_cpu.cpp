// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/float_types.h"
#include "kernels/common/resolve.h"
#include "kernels/prod_others/loops.h"
#include "kernels/prod_others/operands.h"
#include "kernels/prod_others/prod_others.h"
#include "kernels/prod_others/state.h"

namespace weft::kernels {

template <class T>
ProdOthersLoops<T> prod_others_loops(int tangents) {
  ProdOthersLoops<T> loops;
  WEFT_RESOLVE(loops, tangents);
  return loops;
}

namespace {

constexpr std::int64_t kGrain = 16 * 1024;  // elements that are worth a task

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Pieces of lines, a bundle of neighboring lines or a line of neighbors at a time. The shape alone cuts a line.
template <class T, int tangents>
class CpuProdOthers {
  using Loops = ProdOthersLoops<T>;
  using State = ProductState<tangents>;
  static constexpr std::int64_t kLanes = Loops::kLanes, kStates = State::kParts * kLanes;

 public:
  explicit CpuProdOthers(const AxisSplit& split) : s_(split), loops_(prod_others_loops<T>(tangents)) {
    if (s_.numel() == 0) return;
    alone_ = s_.inner == 1;
    bundles_ = s_.outer * ceil_div(s_.inner, kLanes);
    length_ = alone_ ? Loops::kLine : Loops::kRows;
    pieces_ = ceil_div(s_.size, length_);
    work_ = std::min(s_.size, length_) * std::min(s_.inner, kLanes);
  }

  std::size_t workspace() const {
    return pieces_ > 1 ? static_cast<std::size_t>(2 * bundles_ * pieces_ * kStates) * sizeof(double) : 0;
  }

  void operator()(const Call& call) const {
    if (s_.numel() == 0) return;
    const ProdOthersOperands<T> o = prod_others_operands<T>(call);
    const std::int64_t grain = std::max<std::int64_t>(1, kGrain / work_);
    if (alone_ && pieces_ == 1) {
      parallel_for(bundles_, grain, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t at = begin * s_.size;
        loops_.lines(o.c + begin, o.x + at, tangents > 0 ? o.tangents[0] + at : nullptr, o.y + at, end - begin,
                     s_.size);
      });
      return;
    }
    auto* states = static_cast<double*>(call.workspace.data);
    if (pieces_ > 1) {
      parallel_for(bundles_ * pieces_, grain, [&](std::int64_t begin, std::int64_t end) {
        for (; begin < end; ++begin) loops_.products(piece(o, begin), states + begin * kStates);
      });
      parallel_for(bundles_, grain, [&](std::int64_t begin, std::int64_t end) {
        for (; begin < end; ++begin) {
          const std::int64_t at = begin * pieces_ * kStates;
          join(o.c, begin, states + at, states + bundles_ * pieces_ * kStates + at);
        }
      });
    }
    parallel_for(bundles_ * pieces_, grain, [&](std::int64_t begin, std::int64_t end) {
      for (; begin < end; ++begin) {
        double own[kStates];
        if (pieces_ == 1) start(o.c, begin, own);
        loops_.others(piece(o, begin), pieces_ == 1 ? own : states + begin * kStates, o.y + first(begin));
      }
    });
  }

 private:
  std::int64_t column(std::int64_t bundle) const { return bundle % ceil_div(s_.inner, kLanes) * kLanes; }
  std::int64_t width(std::int64_t bundle) const { return std::min(kLanes, s_.inner - column(bundle)); }
  std::int64_t first(std::int64_t item) const {
    const std::int64_t bundle = item / pieces_, outer = bundle / ceil_div(s_.inner, kLanes);
    return (outer * s_.size + item % pieces_ * length_) * s_.inner + column(bundle);
  }
  ProdOthersPiece<T> piece(const ProdOthersOperands<T>& o, std::int64_t item) const {
    const std::int64_t at = first(item), count = std::min(length_, s_.size - item % pieces_ * length_);
    return {o.x + at, tangents > 0 ? o.tangents[0] + at : nullptr, count, s_.inner, alone_ ? 0 : width(item / pieces_)};
  }

  // The states of no elements, times c.
  void start(const T* c, std::int64_t bundle, double* states) const {
    const T* own = c + bundle / ceil_div(s_.inner, kLanes) * s_.inner + column(bundle);
    std::fill_n(states, kStates, 0.0);
    for (std::int64_t i = 0; i < width(bundle); ++i) states[i] = widened<double>(own[i]);
  }

  static State load(const double* states, std::int64_t lane) {
    State state;
    for (int s = 0; s < State::kParts; ++s) state.part[s] = states[s * kLanes + lane];
    return state;
  }
  static void store(const State& state, double* states, std::int64_t lane) {
    for (int s = 0; s < State::kParts; ++s) states[s * kLanes + lane] = state.part[s];
  }

  // Makes of the states of a bundle's pieces those of all other pieces, times c. `before` has room for as many.
  void join(const T* c, std::int64_t bundle, double* states, double* before) const {
    double own[kStates];
    start(c, bundle, own);
    for (std::int64_t lane = 0; lane < width(bundle); ++lane) {
      State state;
      start_product(state.part, State::kParts, 1);
      for (std::int64_t k = 0; k < pieces_; ++k) {
        store(state, before + k * kStates, lane);
        join_products<tangents>(state, load(states + k * kStates, lane));
      }
      state = load(own, lane);
      for (std::int64_t k = pieces_; k-- > 0;) {
        State others = load(before + k * kStates, lane);
        join_products<tangents>(others, state);
        join_products<tangents>(state, load(states + k * kStates, lane));
        store(others, states + k * kStates, lane);
      }
    }
  }

  AxisSplit s_;
  ProdOthersLoops<T> loops_;
  bool alone_ = false;  // lines of neighbors
  std::int64_t bundles_ = 0, pieces_ = 1, length_ = 1;
  std::int64_t work_ = 1;  // elements of a piece
};

template <class T, int tangents>
exec::PreparedKernel prepare(const AxisSplit& split) {
  const CpuProdOthers<T, tangents> kernel(split);
  return {kernel, kernel.workspace()};
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_prod_others_lanes(const exec::KernelRequest& request) {
  return for_few_tangents(request, [](const AxisSplit& split, auto type, auto tangents) {
    return prepare<typename decltype(type)::type, tangents>(split);
  });
}

}  // namespace weft::kernels
