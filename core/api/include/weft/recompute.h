// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <tuple>
#include <utility>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

namespace detail {

class Tracer;

// Scope in which derivatives of what is traced compute values again instead of keeping them.
class [[nodiscard]] RecomputeScope {
 public:
  RecomputeScope();
  ~RecomputeScope();
  RecomputeScope(const RecomputeScope&) = delete;
  RecomputeScope& operator=(const RecomputeScope&) = delete;

 private:
  Tracer* tracer_;  // null outside a trace
};

}  // namespace detail

// f with the same arguments and results, the same derivatives to the bit, and less memory: the values within f are not
// kept for the backward, which computes them again from f's arguments. Costs one more forward of f. `f` is any
// callable, such as a module within forward(): return recompute(block_)(x). Calls may nest; the outermost decides. As
// torch.utils.checkpoint and mlx.core.checkpoint. Source: Chen et al. 2016.
template <class F>
auto recompute(F&& f) {
  return [held = std::tuple<F>(std::forward<F>(f))](auto&&... in) mutable {
    const detail::RecomputeScope scope;
    return std::get<0>(held)(std::forward<decltype(in)>(in)...);
  };
}

}  // namespace weft
