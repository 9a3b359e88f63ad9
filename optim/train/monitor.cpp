// SPDX-License-Identifier: Apache-2.0
#include "optim/train/monitor.h"

#include <cmath>
#include <string>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {

double judged(const Epoch& epoch, const callbacks::Monitor& monitor, const char* op) {
  const double sign = monitor.maximize ? -1 : 1;
  if (monitor.metric.empty()) return sign * (std::isnan(epoch.validation_loss) ? epoch.loss : epoch.validation_loss);
  std::string known;
  for (const auto& [name, value] : epoch.validation_metrics) {
    if (name == monitor.metric) return sign * value;
    known += (known.empty() ? "" : ", ") + name;
  }
  fail<ValueError>(op, "the monitored metric \"", monitor.metric,
                   "\" is none of those that fit() computes: ", known.empty() ? "none" : known,
                   "; give it in FitOptions::metrics");
}

const Tensor& state_of(const std::map<std::string, Tensor>& state, const char* name, DType dtype, int rank) {
  const auto found = state.find(name);
  if (found == state.end() || found->second.dtype() != dtype || found->second.rank() != rank)
    fail<FormatError>("resume", "the callback's state has no '", name, "' with ", rank, " axes of ", dtype,
                      "; was it saved by the same callback?");
  return found->second;
}

double number_in(const std::map<std::string, Tensor>& state, const char* name) {
  return state_of(state, name, DType::kF64, 0).item<double>();
}

}  // namespace weft::detail
