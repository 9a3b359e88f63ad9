// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <vector>

#include "weft/detail/watch.h"
#include "weft/tensor.h"
#include "weft/variable.h"

namespace weft::detail {

// Logs once that updates are left out and which gradient is not finite. The first update that is left out asks for a
// trace that looks at each gradient, so that other updates pay nothing for the name.
class SkipNotice {
 public:
  SkipNotice(const Parameters& parameters, Device device);
  // Traced. `left_out`: bool(), true if this update is. `gradients`: one per parameter, undefined where there is none.
  void note(const Tensor& left_out, const Tensor& finite_loss, const std::vector<Tensor>& gradients) const;
  // True in a trace for which note() needs the gradients.
  bool attach() const { return watch_->attach(); }

 private:
  Variable number_;  // i64(): minus the updates left out, or the ordinal of what was not finite, from 1; 0 at first
  std::optional<Watch> watch_;
};

// True, bool(), if all elements are finite.
Tensor all_finite(const Tensor& x);

}  // namespace weft::detail
