// SPDX-License-Identifier: Apache-2.0
#include "optim/first_bad.h"

#include <cmath>

#include "weft/call_recorder.h"

namespace weft::detail {
namespace {

// Position of the first element that is not finite; -1 when there is none.
std::int64_t first_bad(const Tensor& t) {
  if (!is_floating(t.dtype())) return -1;
  const std::vector<double> values = t.to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) return static_cast<std::int64_t>(i);
  return -1;
}

std::string row_of(const Tensor& t, std::int64_t element) {
  const std::int64_t per_row = t.rank() == 0 || t.dim(0) == 0 ? 1 : t.numel() / t.dim(0);
  return "row " + std::to_string(element / per_row) + " of the batch";
}

}  // namespace

std::string first_bad_tensor(const Task& task, const Tensor& input, const Tensor& target) {
  if (const auto at = first_bad(input); at >= 0) return "the input, " + row_of(input, at);
  if (const auto at = first_bad(target); at >= 0) return "the target, " + row_of(target, at);
  for (const StateEntry& entry : task.module->state_dict())
    if (first_bad(entry.variable.value()) >= 0) return "the variable '" + entry.name + "'";
  std::string found;
  const CallRecorder recorder([&](const LayerCall& call) {
    if (!found.empty()) return;
    if (const auto at = first_bad(call.output); at >= 0)
      found = "the output of layer '" + (call.path.empty() ? "model" : call.path) + "', " + row_of(call.output, at);
  });
  const Tensor output = task.forward(input);
  if (!found.empty()) return found;
  if (const auto at = first_bad(output); at >= 0) return "the model's output, " + row_of(output, at);
  return first_bad(task.loss(output, target)) >= 0 ? "the loss" : "";
}

}  // namespace weft::detail
