// SPDX-License-Identifier: Apache-2.0
#include "weft/rate_finder.h"

#include <string>
#include <utility>

#include "optim/train/checkpoint_file.h"
#include "optim/train/rate_search.h"
#include "weft/random.h"

namespace weft {

std::vector<plot::Line> RateCurve::lines() const {
  return {{.name = "loss", .y = losses, .x = rates}, {.name = "smoothed", .y = smoothed, .x = rates}};
}

RateCurve find_rate(Optimizer& optimizer, const std::function<Tensor()>& step, const RateFinderOptions& options,
                    const Checkpoint& others) {
  detail::check_rates(options);
  std::vector<detail::Saved> entries = detail::saved(optimizer);
  for (const Variable& v : optimizer.parameters()) entries.push_back(detail::saved_variable(v.path(), v));
  for (detail::Saved& entry : detail::saved(default_generator())) entries.push_back(std::move(entry));
  for (detail::Saved& entry : detail::entries_of(others)) entries.push_back(std::move(entry));
  const detail::RestoreScope restore(std::move(entries));
  return detail::search_rates(optimizer, options, [&] { return step().item<double>(); });
}

}  // namespace weft
