// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>

#include "optim/train/trainer_state.h"
#include "weft/detail/call_recorder.h"
#include "weft/gradients.h"

namespace weft::detail {
namespace {

bool is_finite(const Tensor& value) {
  if (!is_floating(value.dtype())) return true;
  for (const double x : value.to_vector<double>())
    if (!std::isfinite(x)) return false;
  return true;
}

// The first row that is not finite. Reads a few rows at a time, because a column may be large.
std::optional<std::int64_t> bad_row(const Tensor& column) {
  if (!is_floating(column.dtype())) return std::nullopt;
  constexpr std::int64_t kRows = 256;
  const std::int64_t rows = column.dim(0);
  for (std::int64_t begin = 0; begin < rows; begin += kRows) {
    const Tensor part = column.slice(0, begin, std::min(begin + kRows, rows));
    const std::vector<double> values = part.to_vector<double>();
    const std::size_t per_row = values.size() / static_cast<std::size_t>(part.dim(0));
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i])) return begin + static_cast<std::int64_t>(i / per_row);
  }
  return std::nullopt;
}

std::string name_of_call(const LayerCall& call) {
  const std::string type = call.module ? type_name(*call.module) : "lambda";
  return call.path.empty() ? "output of the model (" + type + ")" : "output of " + call.path + " (" + type + ")";
}

// Names the first value that is not finite in a run of one batch, op by op. Buffers are put back.
std::string in_the_run(TrainerState& state, const std::vector<Tensor>& batch) {
  const Parameters buffers = state.parts.model.get("fit").buffers();
  std::vector<Tensor> before;
  for (const Variable& b : buffers) before.push_back(b.value());
  Generator generator(state.generator.seed());
  const GeneratorScope draws(generator);
  const auto loss_of = [&](const std::vector<Tensor>& columns) {
    const Columns given = state.split(columns);
    return state.parts.loss(state.parts.forward(given.inputs), given.target, given.weight);
  };
  std::string found;
  Tensor loss;
  {
    const CallRecorder recorder([&](const LayerCall& call) {
      if (found.empty() && !is_finite(call.output)) found = name_of_call(call);
    });
    loss = loss_of(batch);
  }
  if (found.empty() && !is_finite(loss)) found = "the loss";
  if (found.empty()) {
    const auto [value, gradients] = value_and_grad(loss_of, state.optimizer.parameters(), batch);
    for (std::size_t i = 0; i < gradients.values.size() && found.empty(); ++i)
      if (gradients.values[i].defined() && !is_finite(gradients.values[i]))
        found = "the gradient of " + gradients.of.name(i);
  }
  for (std::size_t i = 0; i < buffers.size(); ++i) buffers[i].assign(before[i]);
  return found.empty() ? "a value that was finite when the batch was run again" : found;
}

}  // namespace

std::string first_bad_tensor(TrainerState& state, const std::vector<Tensor>& batch,
                             const std::vector<std::int64_t>& rows) {
  for (std::size_t c = 0; c < batch.size(); ++c)
    if (const auto row = bad_row(batch[c]))
      return "column " + std::to_string(c) + " of the training data, row " +
             std::to_string(rows[static_cast<std::size_t>(*row)]);
  const Parameters parameters = state.parts.model.get("fit").parameters(),
                   buffers = state.parts.model.get("fit").buffers();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (!is_finite(parameters[i].value())) return "parameter " + parameters.name(i);
  for (std::size_t i = 0; i < buffers.size(); ++i)
    if (!is_finite(buffers[i].value())) return "buffer " + buffers.name(i);
  return in_the_run(state, batch);
}

}  // namespace weft::detail
