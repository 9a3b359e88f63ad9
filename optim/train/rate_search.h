// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "weft/checkpoint.h"
#include "weft/rate_finder.h"

namespace weft::detail {

// The values of things, which they have again when the scope ends.
class [[nodiscard]] RestoreScope {
 public:
  explicit RestoreScope(std::vector<Saved> entries);
  ~RestoreScope();
  RestoreScope(const RestoreScope&) = delete;
  RestoreScope& operator=(const RestoreScope&) = delete;

 private:
  std::vector<Saved> entries_;
  std::vector<Tensor> values_;
};

// ValueError for options outside their domain.
void check_rates(const RateFinderOptions& options);
// The curve of steps that make an update each and give its loss. Restores nothing.
RateCurve search_rates(Optimizer& optimizer, const RateFinderOptions& options, const std::function<double()>& step);

}  // namespace weft::detail
